/** Which requests read and write a project's variables? */
import { HttpReply, type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { type VercelProject } from "./projects";
import { badRequest, notFound, pageReply, randomAlphanumerics, versions } from "./replies";
import { type VercelState } from "./state";
import {
  collides,
  conflictError,
  parseVariable,
  shownValue,
  type VariableSettings,
  type VercelVariable,
} from "./variable";

type VariableBody = Readonly<Record<string, unknown>>;

/**
 * https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables and its neighbours.
 * What Vercel answers to a conflict, and that a sensitive variable stays one, is read from the provider's source, not recorded.
 */
export function variableRoutes(state: VercelState): readonly Route[] {
  const project = (request: StandInRequest) => state.projects.require(request.params["project"] ?? "");
  const named = (request: StandInRequest): VercelVariable => {
    const found = project(request).variables.get(request.params["variable"] ?? "");
    if (!found) throw notFound("Environment Variable");
    return found;
  };
  return [
    ...versions([8, 9, 10], "GET", "/projects/:project/env", (request) => {
      const decrypted = request.query.get("decrypt") === "true";
      const branch = request.query.get("gitBranch");
      const variables = [...project(request).variables.values()];
      const matching = variables.filter((one) => branch === null || one.gitBranch === branch);
      return pageReply(request, matching, "envs", (one) => variableBody(one, decrypted ? "decrypted" : "as stored"));
    }),
    ...versions([9, 10], "POST", "/projects/:project/env", (request) => {
      const body = request.json<VariableBody | readonly VariableBody[]>();
      const isUpsert = request.query.get("upsert") === "true";
      return isBatch(body)
        ? createBatch(state, project(request), body, isUpsert)
        : createSingle(state, project(request), body, isUpsert);
    }),
    // https://vercel.com/docs/rest-api/projects/retrieve-the-decrypted-value-of-an-environment-variable-of-a-project-by-id
    ...versions([1, 8, 9, 10], "GET", "/projects/:project/env/:variable", (request) => ({
      status: 200,
      body: variableBody(named(request), "decrypted"),
    })),
    ...versions([9, 10], "PATCH", "/projects/:project/env/:variable", (request) => {
      const before = named(request);
      const body = request.json();
      if (before.type === "sensitive" && body["value"] === undefined && (body["type"] ?? "sensitive") !== "sensitive") {
        throw badRequest("A Sensitive Environment Variable cannot be made readable without a new value.");
      }
      const settings = parseVariable(body, state.sensitivePolicy, before);
      const owner = project(request);
      refuseConflict(owner, settings, before.id);
      return { status: 200, body: variableBody(store(state, owner, settings, before), "as stored") };
    }),
    ...versions([8, 9, 10], "DELETE", "/projects/:project/env/:variable", (request) => {
      const variable = named(request);
      project(request).variables.delete(variable.id);
      return { status: 200, body: variableBody(variable, "as stored") };
    }),
  ];
}

/** Puts a variable into the project, over `before` when that is given, and keeps its id then. */
export function store(
  state: VercelState,
  project: VercelProject,
  settings: VariableSettings,
  before?: VercelVariable,
): VercelVariable {
  const createdAt = before?.createdAt ?? state.tick();
  const variable: VercelVariable = {
    ...settings,
    id: before?.id ?? randomAlphanumerics(16),
    createdAt,
    updatedAt: before ? state.now() : createdAt,
  };
  project.variables.set(variable.id, variable);
  return variable;
}

function createSingle(state: VercelState, project: VercelProject, body: VariableBody, isUpsert: boolean): StandInReply {
  const created = createOne(state, project, body, isUpsert);
  return { status: 201, body: { created: variableBody(created, "as stored"), failed: [] } };
}

/** A batch goes as far as it can: what is refused stands under `failed`, the rest is created. */
function createBatch(
  state: VercelState,
  project: VercelProject,
  bodies: readonly VariableBody[],
  isUpsert: boolean,
): StandInReply {
  const created: object[] = [];
  const failed: unknown[] = [];
  for (const body of bodies) {
    try {
      created.push(variableBody(createOne(state, project, body, isUpsert), "as stored"));
    } catch (error) {
      if (!(error instanceof HttpReply)) throw error;
      failed.push(error.reply.body);
    }
  }
  return { status: 201, body: { created, failed } };
}

function createOne(state: VercelState, project: VercelProject, body: VariableBody, isUpsert: boolean): VercelVariable {
  const settings = parseVariable(body, state.sensitivePolicy);
  const taken = [...project.variables.values()].find((one) => collides(one, settings));
  if (taken && isUpsert) return store(state, project, settings, taken);
  refuseConflict(project, settings);
  return store(state, project, settings);
}

function refuseConflict(project: VercelProject, settings: VariableSettings, ownId?: string): void {
  const taken = [...project.variables.values()].find((one) => one.id !== ownId && collides(one, settings));
  if (taken) throw new HttpReply({ status: 400, body: { error: conflictError(taken) } });
}

function variableBody(variable: VercelVariable, how: "decrypted" | "as stored"): object {
  const value = shownValue(variable, how);
  return { ...variable, value, configurationId: null, decrypted: value === variable.value };
}

function isBatch(body: VariableBody | readonly VariableBody[]): body is readonly VariableBody[] {
  return Array.isArray(body);
}
