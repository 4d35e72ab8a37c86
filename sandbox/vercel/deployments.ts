/** Which deployments were made, when were they ready, and which values did they see? */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { badRequest, notFound, pageReply, randomAlphanumerics, versions } from "./replies";
import { type VercelState } from "./state";
import { type VercelProject } from "./projects";
import { type VercelTarget } from "./variable";

/** Vercel's words for how far a deployment is. */
export type ReadyState = "QUEUED" | "BUILDING" | "READY" | "ERROR";

/** A deployment with what a running program of it reads: variables take effect only by a new one. */
export interface VercelDeployment {
  readonly id: string;
  readonly projectId: string;
  readonly target: Extract<VercelTarget, "production" | "preview">;
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly readyAt: number;
  readonly isDoomed: boolean;
  /** Values at the moment of creation: the project's own over the shared ones. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How far a deployment is at `now`. */
export function readyState(deployment: VercelDeployment, now: number): ReadyState {
  if (now >= deployment.readyAt) return deployment.isDoomed ? "ERROR" : "READY";
  return now - deployment.createdAt < (deployment.readyAt - deployment.createdAt) / 3 ? "QUEUED" : "BUILDING";
}

/** https://vercel.com/docs/rest-api/deployments/create-a-new-deployment and its neighbours. */
export function deploymentRoutes(state: VercelState): readonly Route[] {
  const { deployments } = state;
  const named = (idOrUrl: string): VercelDeployment => {
    const found = deployments.find((one) => one.id === idOrUrl || one.url === idOrUrl);
    if (!found) throw notFound("Deployment");
    return found;
  };
  return [
    ...versions([13], "POST", "/deployments", (request) => {
      const body = request.json();
      const previous = typeof body["deploymentId"] === "string" ? named(body["deploymentId"]) : undefined;
      const project = deployedProject(state, body, previous);
      const deployment = createDeployment(state, project, body["target"] ?? previous?.target);
      deployments.push(deployment);
      return { status: 200, body: deploymentBody(state, deployment) };
    }),
    ...versions([13], "GET", "/deployments/:deployment", (request) => ({
      status: 200,
      body: deploymentBody(state, named(request.params["deployment"] ?? "")),
    })),
    ...versions([6, 7], "GET", "/deployments", (request) =>
      pageReply(request, matchingDeployments(state, request), "deployments", (one) => ({
        ...deploymentBody(state, one),
        uid: one.id,
        created: one.createdAt,
        state: readyState(one, state.now()),
      })),
    ),
  ];
}

function deployedProject(state: VercelState, body: Readonly<Record<string, unknown>>, previous?: VercelDeployment) {
  if (typeof body["name"] !== "string") throw badRequest("Missing required property `name`.");
  const wanted = body["project"] ?? previous?.projectId ?? body["name"];
  return state.projects.require(typeof wanted === "string" ? wanted : "");
}

function createDeployment(state: VercelState, project: VercelProject, target: unknown): VercelDeployment {
  if (
    target !== undefined &&
    target !== null &&
    target !== "production" &&
    target !== "preview" &&
    target !== "staging"
  ) {
    throw badRequest("`target` must be production, staging or left out.");
  }
  const place = target === "production" ? "production" : "preview";
  const createdAt = state.tick();
  const id = `dpl_${randomAlphanumerics(28)}`;
  const isDoomed = state.doomedDeployments > 0;
  if (isDoomed) state.doomedDeployments -= 1;
  const shared = [...state.shared.values()].filter((one) => one.projectId.includes(project.id));
  const seen = [...shared, ...project.variables.values()].filter(
    (one) => one.target.includes(place) && one.gitBranch === undefined,
  );
  return {
    id,
    projectId: project.id,
    target: place,
    url: `${project.name}-${id.slice(4, 13).toLowerCase()}-${state.team.slug}.vercel.app`,
    createdAt,
    readyAt: createdAt + state.buildMilliseconds,
    isDoomed,
    variables: Object.fromEntries(seen.map((one) => [one.key, one.value])),
  };
}

function matchingDeployments(state: VercelState, request: StandInRequest): VercelDeployment[] {
  const project = request.query.get("projectId") ?? request.query.get("app");
  const target = request.query.get("target");
  const states = request.query.get("state")?.split(",");
  const projectId = project === null ? undefined : state.projects.find(project)?.id;
  return state.deployments.filter(
    (one) =>
      (project === null || one.projectId === projectId) &&
      (target === null || one.target === target) &&
      (states === undefined || states.includes(readyState(one, state.now()))),
  );
}

/** Names of variables at most, never a value. */
function deploymentBody(state: VercelState, deployment: VercelDeployment): object {
  const current = readyState(deployment, state.now());
  return {
    id: deployment.id,
    name: state.projects.find(deployment.projectId)?.name ?? "",
    projectId: deployment.projectId,
    target: deployment.target === "production" ? "production" : null,
    url: deployment.url,
    readyState: current,
    status: current,
    createdAt: deployment.createdAt,
    ...(current === "READY" ? { ready: deployment.readyAt } : {}),
    ...(current === "ERROR" ? { errorCode: "BUILD_FAILED", errorMessage: "Command exited with 1" } : {}),
    env: Object.keys(deployment.variables),
    build: { env: Object.keys(deployment.variables) },
    aliasAssigned: current === "READY",
    creator: { uid: state.user.id, username: state.user.username },
  };
}
