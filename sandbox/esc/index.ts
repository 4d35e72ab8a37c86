/**
 * What does Pulumi Cloud answer to somebody who works with ESC environments? A stand-in that serves, with `Authorization: token T`:
 * - `GET /api/user`, `GET /api/user/organizations/default`, `GET /api/capabilities` (404) https://www.pulumi.com/docs/reference/cloud-rest-api/
 * - below `/api/esc/environments`: list, create, read, `PATCH` with a request header `ETag`, delete, `yaml/check`, `yaml/open`, `decrypt`,
 *   `metadata`, `open`, `open/{id}`, `versions`, `versions/tags`, `tags`, `clone`, `settings`, `referrers`
 *   https://www.pulumi.com/docs/reference/cloud-rest-api/environments/
 * - `GET /api/orgs/{org}` and below it `members`, `teams`, `teams/{t}`, `teams/{t}/tokens`, `tokens`, `auditlogs`; `GET /api/user/tokens`
 *   https://www.pulumi.com/docs/reference/cloud-rest-api/organizations/ (the answer to an edition without teams is a guess)
 *
 * Not served: drafts, hooks, schedules, rotation, retraction, providers (`fn::open`, `fn::rotate`, `fn::validate`), the expressions of a check.
 */
import { createStandIn, type Route, type StandIn, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { environmentRoutes } from "./environment-routes";
import { plainValues } from "./evaluation/results";
import { Openings } from "./opening";
import { newOrganization, type EscOrganization } from "./organization";
import { organizationRoutes } from "./organization-routes";
import { type EscService } from "./service";
import { EnvironmentStore, latestOf, requireRevision } from "./store";
import { tagRoutes } from "./tag-routes";

/** Options of {@link startEsc}. */
export interface EscOptions {
  /** The token or tokens that are let in. */
  readonly token: string | readonly string[];
  /** The one organization that exists. */
  readonly organization: string;
  /** The login behind the tokens. @default sandbox */
  readonly userName?: string;
  /** @default 0, a free one */
  readonly port?: number;
  /** Needed in the header `x-sandbox-admin` to script faults over HTTP; left out, only in-process. */
  readonly adminToken?: string;
  /** YAML by `project/name`, stored at the start in this order. */
  readonly seed?: Readonly<Record<string, string>>;
}

/** A revision for assertions. */
export interface EscRevision {
  readonly number: number;
  readonly created: string;
  /** The login that wrote it; `outsider` for {@link EscStandIn.edit}. */
  readonly creator: string;
}

/** A running ESC stand-in. */
export interface EscStandIn extends StandIn {
  /** What a consumer who opens the environment gets, secrets in clear. Throws when there is no such environment or version. */
  openValues(project: string, environment: string, version?: string): Record<string, unknown>;
  /** All revisions, oldest first; empty when there is no such environment. */
  revisions(project: string, environment: string): readonly EscRevision[];
  /** The stored text, with ciphertext. Throws when there is no such environment. */
  text(project: string, environment: string): string;
  /** Writes as somebody else would, in a console; makes the environment when it is missing. Throws when the text has errors. */
  edit(project: string, environment: string, yaml: string): EscRevision;
  /** Members, teams, tokens and the audit log, for a spec to change. */
  readonly organization: EscOrganization;
  /** Lets another token in. */
  addToken(token: string): void;
  /** Refuses a token from now on. */
  revokeToken(token: string): void;
}

const OUTSIDER = "outsider";

/** Starts an ESC stand-in. Throws when the port is taken or a seed has errors. */
export async function startEsc(options: EscOptions): Promise<EscStandIn> {
  const login = options.userName ?? "sandbox";
  const tokens = new Set(typeof options.token === "string" ? [options.token] : options.token);
  const store = new EnvironmentStore();
  const openings = new Openings(store);
  const directory = newOrganization(login);
  const service: EscService = { organization: options.organization, store, openings, directory, login: () => login };

  const edit = (project: string, name: string, yaml: string): EscRevision => {
    const environment = store.find(project, name) ?? store.create(project, name, OUTSIDER);
    return store.write(environment, yaml, OUTSIDER, openings.check);
  };
  for (const [path, yaml] of Object.entries(options.seed ?? {})) {
    const [project = "", name = ""] = path.split("/", 2);
    edit(project, name, yaml);
  }

  const standIn = await createStandIn({
    name: "esc",
    routes: [
      ...accountRoutes(options.organization, login),
      ...organizationRoutes(service),
      ...tagRoutes(service),
      ...environmentRoutes(service),
    ],
    guard: (request) => refuseUnlessKnown(request, tokens),
    notFound: () => ({ status: 404, body: { code: 404, message: "Not Found" } }),
    ...(options.adminToken === undefined ? {} : { adminToken: options.adminToken }),
    ...(options.port === undefined ? {} : { port: options.port }),
  });

  return {
    ...standIn,
    openValues: (project, name, version = "latest") => {
      const environment = store.require(project, name);
      return plainValues(openings.evaluate(environment, requireRevision(environment, version).text).value);
    },
    revisions: (project, name) => (store.find(project, name)?.revisions ?? []).map(describeRevision),
    text: (project, name) => latestOf(store.require(project, name)).text,
    edit: (project, name, yaml) => describeRevision(edit(project, name, yaml)),
    organization: directory,
    addToken: (token) => void tokens.add(token),
    revokeToken: (token) => void tokens.delete(token),
  };
}

function describeRevision({ number, created, creator }: EscRevision): EscRevision {
  return { number, created, creator };
}

function refuseUnlessKnown(request: StandInRequest, tokens: ReadonlySet<string>): StandInReply | undefined {
  const [, token] = /^token (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token !== undefined && tokens.has(token)) return undefined;
  return { status: 401, body: { code: 401, message: "Unauthorized: No credentials provided or are invalid." } };
}

function accountRoutes(organization: string, login: string): readonly Route[] {
  const user = {
    id: "00000000-0000-4000-8000-000000000001",
    githubLogin: login,
    name: login,
    email: `${login}@example.com`,
    avatarUrl: "",
    organizations: [{ githubLogin: organization, name: organization, avatarUrl: "" }],
    identities: [],
    // `serviceUser` of https://github.com/pulumi/esc
    tokenInfo: { name: "sandbox" },
  };
  const answer = (path: string, status: number, body: unknown): Route => ({
    method: "GET",
    path,
    handle: () => ({ status, body }),
  });
  return [
    answer("/api/user", 200, user),
    answer("/api/user/organizations/default", 200, { gitHubLogin: organization }),
    answer("/api/capabilities", 404, { code: 404, message: "Not Found" }),
  ];
}
