/**
 * What does the sandbox's Vercel answer? The part of `https://api.vercel.com` that the Pulumi provider (its code at 5.4.1), the driver and the
 * probes ask for (https://vercel.com/docs/rest-api):
 *
 *   GET v2/user · GET v2/teams, v2/teams/:team, v3/teams/:team/members                      this file
 *   POST v3/user/tokens · GET v5|v6/user/tokens[/:id] · DELETE v3/user/tokens/:id            tokens.ts
 *   GET v8|v9|v10/projects[/:id] · POST v8…v11 · PATCH v9 · DELETE v8|v9                      projects.ts
 *   …/projects/:id/env[/:id]: GET v8|v9|v10 · POST v9|v10 · PATCH v9|v10 · DELETE v8|v9|v10   variable-routes.ts
 *   GET, POST, PATCH, DELETE v1/env · GET v1/env/all, v1/env/:id                             shared-variables.ts
 *   POST v13/deployments · GET v6/deployments, v13/deployments/:id                           deployments.ts
 *
 * Everything that belongs to the team needs `?teamId=` (or `slug`): without it Vercel looks into the personal account.
 * A token is good until it is deleted or has expired, then it gets 403; what it mints is limited and cannot mint.
 */
import {
  createStandIn,
  HttpReply,
  type Route,
  type StandIn,
  type StandInReply,
  type StandInRequest,
} from "../kit/stand-in";
import { deploymentRoutes, type ReadyState, readyState, type VercelDeployment } from "./deployments";
import { projectRoutes } from "./projects";
import { failure, notFound, pageReply } from "./replies";
import { sharedVariableRoutes } from "./shared-variables";
import { VercelState, type VercelMember, type VercelTeam } from "./state";
import { tokenRoutes, type VercelToken } from "./tokens";
import { parseVariable, type VercelTarget } from "./variable";
import { store, variableRoutes } from "./variable-routes";

export { type ReadyState, type VercelDeployment } from "./deployments";
export { type VercelMember, type VercelTeam } from "./state";
export { type VercelToken } from "./tokens";
export { type VercelTarget } from "./variable";

/** Options of {@link startVercel}. */
export interface VercelOptions {
  /** The token that may mint others. The provider wants 24 letters and digits in a row in it. */
  readonly controlToken: string;
  readonly team: VercelTeam;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  /** From a deployment's creation to READY. @default 300 */
  readonly buildMilliseconds?: number;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
  /** @default 0, a free one */
  readonly port?: number;
  /** See `createStandIn`. */
  readonly adminToken?: string;
}

/** The running stand-in, with what only a sandbox can know. `project` is an id or a name; an unknown one throws. */
export interface VercelStandIn extends StandIn {
  /** The value that is stored for a key and target, sensitive or not; `undefined` when there is none. */
  variable(project: string, key: string, target: VercelTarget): string | undefined;
  /** Keys of a project with their ids, types and targets, sorted by key. */
  variables(project: string): readonly {
    readonly id: string;
    readonly key: string;
    readonly type: string;
    readonly target: readonly string[];
  }[];
  /** Tokens that are alive, with their bearers. */
  tokens(): readonly VercelToken[];
  /** Oldest first, with the values that each saw. */
  deployments(): readonly (VercelDeployment & { readonly readyState: ReadyState })[];
  /** A person's change in the dashboard: a new value, or without one the variable is removed from all of its targets. */
  editOutside(project: string, key: string, target: VercelTarget, value: string | undefined): void;
  /** A person deletes a token in the dashboard. Throws when there is none with this id. */
  revokeToken(id: string): void;
  /** Who is in the team from now on. */
  setMembers(members: readonly VercelMember[]): void;
  /** The team's policy for sensitive variables. */
  setSensitivePolicy(policy: "on" | null): void;
  /** The next deployments, as many as said, end in ERROR. */
  failNextDeployments(count: number): void;
}

/** Starts the stand-in; `url` takes the place of `https://api.vercel.com`. Throws when the port is taken. */
export async function startVercel(options: VercelOptions): Promise<VercelStandIn> {
  const state = new VercelState(options.team, options.buildMilliseconds ?? 300, options.now ?? (() => Date.now()));
  state.tokens.addControl(options.controlToken);
  options.projects.forEach(({ id, name }) => state.projects.create(name, {}, id));
  const standIn = await createStandIn({
    name: "vercel",
    routes: [
      ...accountRoutes(state),
      ...tokenRoutes(state),
      ...projectRoutes(state),
      ...variableRoutes(state),
      ...sharedVariableRoutes(state),
      ...deploymentRoutes(state),
    ],
    guard: (request) => authorize(state, request),
    notFound: () => notFound("The page").reply,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.adminToken === undefined ? {} : { adminToken: options.adminToken }),
  });
  return { ...standIn, ...inspection(state) };
}

/** Paths that are the user's, not the team's. */
const PERSONAL = /^\/v\d+\/(user|teams)(\/|$)/;

function authorize(state: VercelState, request: StandInRequest): StandInReply | undefined {
  try {
    const token = state.tokens.authenticate(request);
    const team = state.requestedTeam(request);
    if (team === undefined && !PERSONAL.test(request.path)) throw state.outOfScope(state.user.username);
    if (team !== undefined && token.teamId !== null && token.teamId !== team) throw state.outOfScope(team);
    return undefined;
  } catch (error) {
    if (error instanceof HttpReply) return error.reply;
    throw error;
  }
}

/**
 * https://vercel.com/docs/rest-api/user/get-the-user · https://vercel.com/docs/rest-api/teams/get-a-team ·
 * https://vercel.com/docs/rest-api/teams/list-team-members
 */
function accountRoutes(state: VercelState): Route[] {
  const requireTeam = (request: StandInRequest): void => {
    const wanted = request.params["team"] ?? "";
    if (wanted !== state.team.id && wanted !== state.team.slug)
      throw failure(404, "not_found", "The Team does not exist.");
  };
  return [
    {
      method: "GET",
      path: "/v2/user",
      handle: (request) => {
        const { isLimited } = state.tokens.authenticate(request);
        return { status: 200, body: { user: { ...state.user, defaultTeamId: state.team.id, limited: isLimited } } };
      },
    },
    {
      method: "GET",
      path: "/v2/teams",
      handle: () => ({
        status: 200,
        body: { teams: [teamBody(state)], pagination: { count: 1, next: null, prev: null } },
      }),
    },
    {
      method: "GET",
      path: "/v2/teams/:team",
      handle: (request) => {
        requireTeam(request);
        return { status: 200, body: teamBody(state) };
      },
    },
    {
      method: "GET",
      path: "/v3/teams/:team/members",
      handle: (request) => {
        requireTeam(request);
        return pageReply(request, state.members, "members", memberBody);
      },
    },
  ];
}

function memberBody({ username, role, confirmed = true, createdAt }: VercelMember): object {
  const email = `${username}@payready.invalid`;
  return { uid: `usr_${username}`, username, email, name: username, role, confirmed, createdAt, avatar: null };
}

function teamBody(state: VercelState): object {
  const { id, slug } = state.team;
  return { id, slug, name: slug, avatar: null, sensitiveEnvironmentVariablePolicy: state.sensitivePolicy };
}

function inspection(state: VercelState): Omit<VercelStandIn, keyof StandIn> {
  const find = (project: string, key: string, target: VercelTarget) =>
    [...state.projects.require(project).variables.values()].find(
      (one) => one.key === key && one.target.includes(target) && one.gitBranch === undefined,
    );
  return {
    variable: (project, key, target) => find(project, key, target)?.value,
    variables: (project) =>
      [...state.projects.require(project).variables.values()]
        .map(({ id, key, type, target }) => ({ id, key, type, target }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    tokens: () => state.tokens.list().map((token) => ({ ...token })),
    deployments: () => state.deployments.map((one) => ({ ...one, readyState: readyState(one, state.now()) })),
    editOutside: (project, key, target, value) => {
      const before = find(project, key, target);
      const owner = state.projects.require(project);
      if (value === undefined) {
        if (before) owner.variables.delete(before.id);
        return;
      }
      const settings = parseVariable(before ? { value } : { key, value, target: [target] }, null, before);
      store(state, owner, settings, before);
    },
    revokeToken: (id) => {
      const token = state.tokens.find(id);
      if (!token) throw new Error(`The Vercel stand-in has no token with the id ${id}`);
      state.tokens.delete(token);
    },
    setMembers: (members) => {
      state.members = members;
    },
    setSensitivePolicy: (policy) => {
      state.sensitivePolicy = policy;
    },
    failNextDeployments: (count) => {
      state.doomedDeployments = count;
    },
  };
}
