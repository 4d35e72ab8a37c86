/** How does `vercel.ProjectEnvironmentVariable` work? (https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables) */
import { hasUnknown, type PropertyBag, sortedTexts, textOf } from "../properties";
import {
  checkProperties,
  definedProperties,
  importedInputs,
  plannedOutputs,
  plannedUpdate,
  PluginError,
  type PropertyRules,
  refreshedInputs,
  type ReadResource,
  type Resource,
} from "../resource";
import { isNotFound, splitImportId, type VercelClient, type VercelEnvironmentVariable, VercelError } from "./client";

const TARGETS = ["production", "preview", "development"];
const MAX_COMMENT_LENGTH = 1000;

const rules: PropertyRules = {
  comment: { type: "string", computed: true },
  customEnvironmentIds: { type: "set", computed: true, replace: true },
  gitBranch: { type: "string" },
  key: { type: "string", required: true, replace: true },
  projectId: { type: "string", required: true, replace: true },
  sensitive: { type: "boolean", required: true, replace: true },
  targets: { type: "set", computed: true },
  teamId: { type: "string", computed: true, replace: true },
  value: { type: "string", secret: true },
  valueWo: { type: "string", secret: true, writeOnly: true },
  id: { type: "string", outputOnly: true },
};

/** One variable of a project. It is patched in place when value, targets, branch or comment change, and keeps its id. */
export const projectEnvironmentVariable: Resource<VercelClient> = {
  token: "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable",
  description: "An environment variable of a Vercel project.",
  rules,
  compareWith: "outputs",
  deleteBeforeReplace: false,

  check: ({ news }) => ({ inputs: news, failures: [...checkProperties(rules, news), ...checkMeaning(news)] }),

  async previewCreate(client, inputs) {
    await refuseAgainstPolicy(client, inputs);
    return plannedOutputs(rules, inputs);
  },

  async create(client, inputs) {
    await refuseAgainstPolicy(client, inputs);
    await requireProject(client, inputs);
    const path = `/v10/projects/${encodeURIComponent(textOf(inputs, "projectId"))}/env`;
    const body = { key: textOf(inputs, "key"), ...requestBody(inputs) };
    // An empty list of targets is left out of a create, but sent in an update.
    if (body.target?.length === 0) delete body.target;
    try {
      const { created } = await client.send<{ created: VercelEnvironmentVariable }>("POST", path, {
        team: textOf(inputs, "teamId"),
        body,
      });
      return { id: created.id, outputs: outputsOf(client, created, inputs) };
    } catch (error) {
      throw await explainConflict(client, inputs, error);
    }
  },

  // A comment that the program leaves out is not planned from the state: the update wipes it.
  previewUpdate: async (_client, request) => plannedUpdate(rules, request, ["comment"]),

  async update(client, { id, outputs, news }) {
    const { targets, customEnvironmentIds, teamId } = outputs;
    const inputs = { ...definedProperties({ targets, customEnvironmentIds, teamId }), ...news };
    const patched = await client.send<VercelEnvironmentVariable>("PATCH", variablePath("v10", inputs, id), {
      team: textOf(inputs, "teamId"),
      body: requestBody(inputs),
    });
    return outputsOf(client, patched, inputs);
  },

  async read(client, { id, inputs, outputs }) {
    if (!outputs) return importVariable(client, id);
    const found = await getVariable(client, id, outputs);
    if (!found) return undefined;
    const live = outputsOf(client, found, { ...outputs, ...liveValue(found, outputs) });
    return { id: found.id, outputs: live, inputs: refreshedInputs(rules, inputs, live) };
  },

  async delete(client, id, outputs) {
    try {
      await client.send("DELETE", variablePath("v8", outputs, id), { team: textOf(outputs, "teamId") });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  },
};

/** What the types do not say. Anything that is not known yet is given the benefit of the doubt. */
function checkMeaning(news: PropertyBag): string[] {
  const failures: string[] = [];
  const { targets, customEnvironmentIds, value, valueWo, sensitive, comment } = news;
  const known = sortedTexts(targets);
  if (targets === undefined && customEnvironmentIds === undefined)
    failures.push("at least one of 'targets' and 'customEnvironmentIds' must be set");
  if (known && !hasUnknown(targets) && known.some((target) => !TARGETS.includes(target)))
    failures.push(`'targets' may hold ${TARGETS.join(", ")} only`);
  if (Array.isArray(customEnvironmentIds) && customEnvironmentIds.length === 0)
    failures.push("'customEnvironmentIds' must not be empty when it is set");
  if ((value === undefined) === (valueWo === undefined))
    failures.push("exactly one of 'value' and 'valueWo' must be set");
  if (known?.includes("development") && sensitive === true)
    failures.push("a variable with 'targets' development must set 'sensitive' to false");
  if (typeof comment === "string" && comment.length > MAX_COMMENT_LENGTH)
    failures.push(`'comment' must not be longer than ${MAX_COMMENT_LENGTH} characters`);
  return failures;
}

/** A team can demand that variables are sensitive, save those for development alone; the plan of a create is refused then. */
async function refuseAgainstPolicy(client: VercelClient, inputs: PropertyBag): Promise<void> {
  if (inputs["sensitive"] !== false || hasUnknown(inputs["teamId"])) return;
  const targets = sortedTexts(inputs["targets"]) ?? [];
  const custom = sortedTexts(inputs["customEnvironmentIds"]) ?? [];
  if (targets.join() === "development" && custom.length === 0) return;
  const team = await client.policyTeam(textOf(inputs, "teamId"));
  if (team?.sensitiveEnvironmentVariablePolicy !== "on") return;
  throw new PluginError(
    "the team has a policy: only variables for development alone may have `sensitive` false, so set it to true",
  );
}

async function requireProject(client: VercelClient, inputs: PropertyBag): Promise<void> {
  const team = textOf(inputs, "teamId");
  try {
    await client.send("GET", `/v10/projects/${encodeURIComponent(textOf(inputs, "projectId"))}`, { team });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new PluginError(
      "there is no such project: `projectId` and `teamId` must be those of one project that the token can see",
    );
  }
}

interface RequestBody {
  value: string;
  target?: string[];
  customEnvironmentIds?: string[];
  gitBranch?: string;
  type: string;
  comment: string;
}

function requestBody(inputs: PropertyBag): RequestBody {
  const custom = sortedTexts(inputs["customEnvironmentIds"]) ?? [];
  const branch = textOf(inputs, "gitBranch");
  return {
    value: textOf(inputs, "value") || textOf(inputs, "valueWo"),
    target: sortedTexts(inputs["targets"]) ?? [],
    ...(custom.length > 0 ? { customEnvironmentIds: custom } : {}),
    ...(branch ? { gitBranch: branch } : {}),
    type: inputs["sensitive"] === false ? "encrypted" : "sensitive",
    comment: textOf(inputs, "comment"),
  };
}

/** The API answers a write with ciphertext, so the value comes from the plan, as the official provider does it. */
function outputsOf(client: VercelClient, live: VercelEnvironmentVariable, plan: PropertyBag): PropertyBag {
  if (!live?.id) throw new PluginError("the answer of api.vercel.com has no variable in it");
  const teamId = client.teamId(textOf(plan, "teamId"));
  return definedProperties({
    id: live.id,
    key: live.key,
    projectId: plan["projectId"],
    teamId: teamId || undefined,
    value: plan["value"],
    targets: targetsOf(live).sort(),
    customEnvironmentIds: [...(live.customEnvironmentIds ?? [])].sort(),
    gitBranch: live.gitBranch,
    sensitive: live.type === "sensitive",
    comment: live.comment ?? "",
  });
}

/** A sensitive value cannot be read: the recorded one stays. A variable that was recorded without a value stays without. */
function liveValue(live: VercelEnvironmentVariable, outputs: PropertyBag): PropertyBag {
  if (outputs["value"] === undefined || live.type === "sensitive") return {};
  return { value: live.value ?? "" };
}

function targetsOf(live: VercelEnvironmentVariable): string[] {
  return typeof live.target === "string" ? [live.target] : [...(live.target ?? [])];
}

async function importVariable(client: VercelClient, importId: string): Promise<ReadResource | undefined> {
  const { team, parts } = splitImportId(importId, ["project_id", "env_id"]);
  const where = { projectId: parts[0] ?? "", teamId: team };
  const id = parts[1] ?? "";
  // The official plugin asks twice: once to import, once to read what it has imported.
  const imported = await getVariable(client, id, where);
  if (!imported) throw new PluginError(`Error reading project environment variable: there is none with id ${importId}`);
  const found = await getVariable(client, id, where);
  if (!found) return undefined;
  const value = found.type === "sensitive" ? {} : { value: found.value ?? "" };
  const outputs = outputsOf(client, found, { ...where, ...value });
  return { id: found.id, outputs, inputs: importedInputs(rules, outputs) };
}

async function getVariable(
  client: VercelClient,
  id: string,
  where: PropertyBag,
): Promise<VercelEnvironmentVariable | undefined> {
  try {
    return await client.send<VercelEnvironmentVariable>("GET", variablePath("v10", where, id), {
      team: textOf(where, "teamId"),
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Finds the variable that is in the way, so that the message has the id with which it can be imported. */
async function explainConflict(client: VercelClient, inputs: PropertyBag, error: unknown): Promise<unknown> {
  if (!(error instanceof VercelError) || error.status !== 400 || error.code !== "ENV_CONFLICT") return error;
  const conflict = (error.body as { error: { envVarKey?: string; target?: string[]; gitBranch?: string | null } })
    .error;
  const project = textOf(inputs, "projectId");
  const team = textOf(inputs, "teamId");
  const wanted = conflict.target ?? [];
  const obstacle = (await client.listEnvironmentVariables(project, team)).find(
    (candidate) =>
      candidate.key === conflict.envVarKey &&
      (candidate.gitBranch ?? null) === (conflict.gitBranch ?? null) &&
      (wanted.length === 0 || targetsOf(candidate).some((target) => wanted.includes(target))),
  );
  if (!obstacle) return error;
  const id = [...(team ? [team] : []), project, obstacle.id].join("/");
  return new PluginError(`${error.message} the conflicting environment variable ID is ${id}`);
}

function variablePath(version: string, where: PropertyBag, id: string): string {
  return `/${version}/projects/${encodeURIComponent(textOf(where, "projectId"))}/env/${encodeURIComponent(id)}`;
}
