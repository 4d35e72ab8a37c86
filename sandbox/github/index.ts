/**
 * What does the sandbox's GitHub answer? A GitHub Enterprise Server on loopback: every path lies under `/api/v3`, because that is what the
 * Pulumi provider and Octokit ask for when the base URL is not github.com (https://docs.github.com/enterprise-server@latest/rest).
 *
 *   organization, user, repositories, environments, rate limit   repository-routes.ts
 *   secrets: repository, environment, Dependabot, organization    secret-routes.ts      https://docs.github.com/rest/actions/secrets
 *   variables: repository, environment, organization              variable-routes.ts    https://docs.github.com/rest/actions/variables
 *   selected repositories of both                                 audience-routes.ts
 *   issues, comments                                              issue-routes.ts       https://docs.github.com/rest/issues
 *   collaborators, deploy keys, secret scanning, audit log        people-routes.ts
 *   secondary limits: points, content, requests at once           secondary-limits.ts
 *
 * Values arrive as libsodium sealed boxes, are really opened and kept; a box for an older key, or that does not open, is refused with 422.
 */
import sodium from "libsodium-wrappers";
import { createStandIn, type StandIn } from "../kit/stand-in";
import { Access } from "./access";
import { isVisibleTo, type Visibility } from "./audience";
import { issueRoutes } from "./issue-routes";
import { type Author, type Issue, IssueBook, type JobPermissions } from "./issues";
import { type GitHubAuditEvent, peopleRoutes, type RepositoryPeople } from "./people-routes";
import { failureReply, isoSeconds } from "./replies";
import { repositoryRoutes } from "./repository-routes";
import { type LimitRecord, type SecondaryLimits } from "./secondary-limits";
import { secretRoutes } from "./secret-routes";
import { type GitHubRole, type GitHubScope, GitHubState } from "./state";
import { variableRoutes } from "./variable-routes";

export { GITHUB_COM_LIMITS, type LimitRecord, type SecondaryLimits } from "./secondary-limits";
export { type GitHubRole, type GitHubScope } from "./state";

/** Options of {@link startGitHub}. */
export interface GitHubOptions {
  /** Tokens that administer the organization. */
  readonly tokens: readonly string[];
  readonly organization: string;
  /** Names of its repositories, all private. */
  readonly repositories: readonly string[];
  /** Tokens that can read the repositories and are refused (403) where something must be administered. */
  readonly readerTokens?: readonly string[];
  /** Tokens of somebody outside: 404 for all that is private. */
  readonly strangerTokens?: readonly string[];
  /** Requests an hour and token before 403. @default 5000 */
  readonly hourlyLimit?: number;
  /** Limits besides the hour's. @default none, as on a GitHub Enterprise Server; {@link GITHUB_COM_LIMITS} are github.com's */
  readonly secondaryLimits?: SecondaryLimits;
  /** Milliseconds that each request takes. @default 0 */
  readonly answerMs?: number;
  /** @default the system's clock */
  readonly now?: () => Date;
  /** @default 0, a free one */
  readonly port?: number;
  /** See `createStandIn`. */
  readonly adminToken?: string;
}

/** What is known of a secret besides its value. */
export interface SecretFacts {
  readonly name: string;
  /** ISO dates, whole seconds. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly visibility?: Visibility;
  /** Names of the repositories, where the visibility is `selected`. */
  readonly repositories?: readonly string[];
}

/** What a workflow run is given. */
export interface WorkflowContext {
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
}

/** The running stand-in, with what only a sandbox can know. Inspection throws when a scope's repository or environment does not exist. */
export interface GitHubStandIn extends StandIn {
  /** The value that was in the sealed box, or that was set outside; `undefined` when there is none. */
  openedSecret(scope: GitHubScope, name: string): string | undefined;
  secrets(scope: GitHubScope): readonly SecretFacts[];
  variables(scope: GitHubScope): Readonly<Record<string, string>>;
  /** The `secrets` and `vars` contexts of a run: environment before repository before organization. */
  workflowContext(repository: string, environment?: string): WorkflowContext;
  /** A new key pair: boxes sealed for the old key are refused from now on. */
  rotateKey(scope: GitHubScope): void;
  /** A person's change in the web page; without a value the entry is removed. */
  editOutside(scope: GitHubScope, entry: OutsideEdit): void;
  /** Who and what can reach the repository from now on. */
  setPeople(repository: string, people: RepositoryPeople): void;
  /** The organization's audit log from now on; undefined where its plan has none. */
  setAuditLog(events: readonly GitHubAuditEvent[] | undefined): void;
  /** Somebody makes one more repository. */
  addRepository(name: string): void;
  /** Lets one more token in, or changes what one may do. */
  setToken(token: string, role: GitHubRole): void;
  /** How the secondary limits were kept. */
  limitsSeen(): LimitRecord;
  /** The token is refused (401) from now on. */
  revokeToken(token: string): void;
  /** Lets a job's `GITHUB_TOKEN` in, with the permissions of the job. */
  setJobToken(token: string, permissions: JobPermissions): void;
  /** Issues and pull requests of a repository, in the order in which they were opened. */
  issues(repository: string): readonly Issue[];
  /** Somebody opens a pull request; returns its number. */
  openPullRequest(repository: string, title: string): number;
  /** Somebody writes an issue, or a comment where `number` names one. */
  writeAs(author: Author, repository: string, body: string, number?: number): void;
}

/** What {@link GitHubStandIn.editOutside} changes. */
export type OutsideEdit =
  | { readonly secret: string; readonly value: string | undefined }
  | { readonly variable: string; readonly value: string | undefined };

/** Starts the stand-in; `<url>/api/v3` is GitHub's REST API. Throws when the port is taken. */
export async function startGitHub(options: GitHubOptions): Promise<GitHubStandIn> {
  await sodium.ready;
  const state = new GitHubState(options.organization, options.repositories, options.now ?? (() => new Date()));
  options.tokens.forEach((token) => state.setRole(token, "admin"));
  options.readerTokens?.forEach((token) => state.setRole(token, "reader"));
  options.strangerTokens?.forEach((token) => state.setRole(token, "stranger"));
  const access = new Access(state, options.hourlyLimit ?? 5000, options.secondaryLimits, options.answerMs);
  const book = new IssueBook();
  const standIn = await createStandIn({
    name: "github",
    routes: access.withHeaders([
      ...repositoryRoutes(state, access),
      ...secretRoutes(state, access),
      ...variableRoutes(state, access),
      ...issueRoutes(state, access, book),
      ...peopleRoutes(state, access),
    ]),
    guard: access.guard,
    notFound: () => failureReply(404, "Not Found"),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.adminToken === undefined ? {} : { adminToken: options.adminToken }),
  });
  return { ...standIn, ...inspection(state), ...issueInspection(state, book), limitsSeen: () => access.limitsSeen() };
}

function issueInspection(state: GitHubState, book: IssueBook) {
  return {
    setJobToken: (token: string, permissions: JobPermissions) => {
      state.setRole(token, "reader");
      book.setJobToken(token, permissions);
    },
    issues: (repository: string) => book.list(repository),
    openPullRequest: (repository: string, title: string) => {
      const author = { login: "somebody", type: "User" } as const;
      return book.open(repository, { title, body: "", labels: [], author, isPullRequest: true }).number;
    },
    writeAs: (author: Author, repository: string, body: string, number?: number) => {
      if (number !== undefined) book.comment(book.require(repository, String(number)), author, body);
      else book.open(repository, { title: "An issue", body, labels: ["sophia-secrets"], author, isPullRequest: false });
    },
  };
}

function inspection(
  state: GitHubState,
): Omit<GitHubStandIn, keyof StandIn | keyof ReturnType<typeof issueInspection> | "limitsSeen"> {
  return {
    openedSecret: (scope, name) => state.secrets(scope).find(name)?.value.toString("utf8"),
    secrets: (scope) =>
      state
        .secrets(scope)
        .list()
        .map((secret) => ({
          name: secret.name,
          createdAt: isoSeconds(secret.createdAt),
          updatedAt: isoSeconds(secret.updatedAt),
          ...(secret.audience ? { visibility: secret.audience.visibility } : {}),
          ...(secret.audience?.visibility === "selected"
            ? { repositories: secret.audience.repositoryIds.map((id) => state.requireRepositoryById(String(id)).name) }
            : {}),
        })),
    variables: (scope) =>
      Object.fromEntries(
        state
          .variables(scope)
          .list()
          .map(({ name, value }) => [name, value]),
      ),
    workflowContext: (repository, environment) => workflowContext(state, repository, environment),
    rotateKey: (scope) => state.secrets(scope).rotateKey(),
    editOutside: (scope, entry) => {
      const [name, place] =
        "secret" in entry ? [entry.secret, state.secrets(scope)] : [entry.variable, state.variables(scope)];
      if (entry.value === undefined) place.remove(name);
      else place.editOutside(name, entry.value);
    },
    setPeople: (repository, people) => state.setPeople(repository, people),
    setAuditLog: (events) => {
      state.auditLog = events;
    },
    addRepository: (name) => state.addRepository(name),
    setToken: (token, role) => state.setRole(token, role),
    revokeToken: (token) => state.revoke(token),
  };
}

function workflowContext(state: GitHubState, repository: string, environment: string | undefined): WorkflowContext {
  const { id } = state.requireRepository(repository);
  // The nearest scope comes last, so that it wins.
  const scopes: GitHubScope[] = [
    { kind: "organization" },
    { kind: "repository", repository },
    ...(environment === undefined ? [] : [{ kind: "environment", repository, environment } as const]),
  ];
  const secrets = scopes.flatMap((scope) => state.secrets(scope).list());
  const variables = scopes.flatMap((scope) => state.variables(scope).list());
  return {
    secrets: Object.fromEntries(
      secrets.filter((one) => isVisibleTo(one.audience, id)).map((one) => [one.name, one.value.toString("utf8")]),
    ),
    variables: Object.fromEntries(
      variables.filter((one) => isVisibleTo(one.audience, id)).map((one) => [one.name, one.value]),
    ),
  };
}
