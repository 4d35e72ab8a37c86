/** Which variables does the team share among projects, and which requests read and write them? */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { badRequest, failure, notFound, pageReply, randomAlphanumerics } from "./replies";
import { type VercelState } from "./state";
import { parseVariable, shownValue, type VercelVariable } from "./variable";

/** A variable of the team with the projects that get it. */
export interface SharedVariable extends VercelVariable {
  /** Ids, sorted. */
  readonly projectId: readonly string[];
  readonly applyToAllCustomEnvironments: boolean;
}

type Body = Readonly<Record<string, unknown>>;

/** https://vercel.com/docs/rest-api/environment; what is answered to a conflict is read from the provider's source. */
export function sharedVariableRoutes(state: VercelState): readonly Route[] {
  const { shared } = state;
  const named = (id: string): SharedVariable => {
    const found = shared.get(id);
    if (!found) throw notFound("Shared Environment Variable");
    return found;
  };
  return [
    {
      method: "GET",
      path: "/v1/env/all",
      handle: (request) =>
        pageReply(request, [...shared.values()], "data", (one) => sharedBody(state, one, "as stored")),
    },
    { method: "GET", path: "/v1/env", handle: (request) => listReply(state, request) },
    {
      method: "GET",
      path: "/v1/env/:variable",
      handle: (request) => ({
        status: 200,
        body: sharedBody(state, named(request.params["variable"] ?? ""), "decrypted"),
      }),
    },
    { method: "POST", path: "/v1/env", handle: (request) => createReply(state, request) },
    {
      method: "PATCH",
      path: "/v1/env",
      handle: (request) => {
        const { updates } = request.json<{ updates?: Readonly<Record<string, Body>> }>();
        const changed = Object.entries(updates ?? {}).map(([id, body]) => changedVariable(state, named(id), body));
        changed.forEach((one) => shared.set(one.id, one));
        return {
          status: 200,
          body: { updated: changed.map((one) => sharedBody(state, one, "as stored")), failed: [] },
        };
      },
    },
    {
      method: "DELETE",
      path: "/v1/env",
      handle: (request) => {
        const { ids = [] } = request.json<{ ids?: readonly string[] }>();
        const deleted = ids.map((id) => named(id).id);
        deleted.forEach((id) => shared.delete(id));
        return { status: 200, body: { deleted, failed: [] } };
      },
    },
  ];
}

function listReply(state: VercelState, request: StandInRequest) {
  const project = request.query.get("projectId");
  const matching = [...state.shared.values()].filter((one) => project === null || one.projectId.includes(project));
  return pageReply(request, matching, "data", (one) => sharedBody(state, one, "as stored"));
}

function createReply(state: VercelState, request: StandInRequest) {
  const { evs, ...common } = request.json();
  if (!Array.isArray(evs) || evs.length === 0) throw badRequest("Missing required property `evs`.");
  const created = (evs as readonly Body[]).map((one): SharedVariable => {
    const settings = parseVariable({ ...common, ...one }, state.sensitivePolicy);
    const createdAt = state.tick();
    return {
      ...settings,
      id: `env_${randomAlphanumerics(28)}`,
      createdAt,
      updatedAt: createdAt,
      projectId: projectIds(state, common["projectId"] ?? []),
      applyToAllCustomEnvironments: common["applyToAllCustomEnvironments"] === true,
    };
  });
  created.forEach((one) => refuseConflict(state, one));
  created.forEach((one) => state.shared.set(one.id, one));
  return { status: 201, body: { created: created.map((one) => sharedBody(state, one, "as stored")), failed: [] } };
}

function changedVariable(state: VercelState, before: SharedVariable, body: Body): SharedVariable {
  const { projectId, projectIdUpdates, applyToAllCustomEnvironments, ...rest } = body;
  const { link = [], unlink = [] } = (projectIdUpdates ?? {}) as { link?: string[]; unlink?: string[] };
  const wanted = projectId === undefined ? [...before.projectId, ...link] : projectId;
  const changed: SharedVariable = {
    ...before,
    ...parseVariable(rest, state.sensitivePolicy, before),
    updatedAt: state.now(),
    projectId: projectIds(state, wanted).filter((id) => !unlink.includes(id)),
    applyToAllCustomEnvironments:
      typeof applyToAllCustomEnvironments === "boolean"
        ? applyToAllCustomEnvironments
        : before.applyToAllCustomEnvironments,
  };
  refuseConflict(state, changed);
  return changed;
}

function refuseConflict(state: VercelState, wanted: SharedVariable): void {
  const taken = [...state.shared.values()].find(
    (one) => one.id !== wanted.id && one.key === wanted.key && one.target.some((t) => wanted.target.includes(t)),
  );
  if (taken) {
    throw failure(409, "existing_key_and_target", `A shared variable named \`${taken.key}\` exists for this target.`);
  }
}

function projectIds(state: VercelState, value: unknown): string[] {
  if (!Array.isArray(value)) throw badRequest("`projectId` must be an array of strings.");
  return [...new Set(value.map((id) => state.projects.require(String(id)).id))].sort();
}

function sharedBody(state: VercelState, variable: SharedVariable, how: "decrypted" | "as stored"): object {
  const value = shownValue(variable, how);
  return { ...variable, value, ownerId: state.team.id, decrypted: value === variable.value };
}
