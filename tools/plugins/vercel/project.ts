/** How does `vercel.Project` work, as far as plain settings go? (https://vercel.com/docs/rest-api/projects/create-a-new-project) */
import { hasUnknown, type PropertyBag, type PropertyValue, textOf } from "../properties";
import {
  checkProperties,
  definedProperties,
  generatedName,
  importedInputs,
  plannedOutputs,
  plannedUpdate,
  PluginError,
  type PropertyRule,
  type PropertyRules,
  refreshedInputs,
  type Resource,
} from "../resource";
import { isNotFound, splitImportId, type VercelClient } from "./client";

/** One plain setting: the API's name for it, what it is when nobody sets it, and in which requests it goes along. */
interface Setting {
  readonly api: string;
  readonly rule: PropertyRule;
  /** Sent when neither program nor state has a value; null is sent as null, undefined leaves the field out. */
  readonly fallback: PropertyValue | undefined;
  readonly inCreate: boolean;
}

const text = (api: string): Setting => ({ api, rule: { type: "string" }, fallback: null, inCreate: true });
const flag = (api: string, fallback: boolean | null = false, inCreate = false): Setting => ({
  api,
  rule: { type: "boolean", computed: true },
  fallback,
  inCreate,
});

const settings: Readonly<Record<string, Setting>> = {
  buildCommand: text("buildCommand"),
  devCommand: text("devCommand"),
  framework: text("framework"),
  ignoreCommand: text("commandForIgnoringBuildStep"),
  installCommand: text("installCommand"),
  outputDirectory: text("outputDirectory"),
  previewDeploymentSuffix: text("previewDeploymentSuffix"),
  rootDirectory: text("rootDirectory"),
  nodeVersion: { api: "nodeVersion", rule: { type: "string", computed: true }, fallback: undefined, inCreate: false },
  autoAssignCustomDomains: flag("autoAssignCustomDomains", true),
  automaticallyExposeSystemEnvironmentVariables: flag("autoExposeSystemEnvs"),
  customerSuccessCodeVisibility: flag("customerSupportCodeVisibility"),
  directoryListing: flag("directoryListing"),
  enableAffectedProjectsDeployments: flag("enableAffectedProjectsDeployments", false, true),
  enablePreviewFeedback: flag("enablePreviewFeedback", null),
  enableProductionFeedback: flag("enableProductionFeedback", false, true),
  functionFailover: flag("serverlessFunctionZeroConfigFailover"),
  gitForkProtection: flag("gitForkProtection", true),
  gitLfs: flag("gitLFS"),
  previewDeploymentsDisabled: flag("previewDeploymentsDisabled", false, true),
  prioritiseProductionBuilds: flag("productionDeploymentsFastLane"),
  protectedSourcemaps: flag("protectedSourcemaps"),
};

/** What the official provider sends although nobody asked for it. */
const STANDARD_PROTECTION = { deploymentType: "all_except_custom_domains" };
const TEAM_ISSUER = { issuerMode: "team" };
const UNSET_PROTECTION = { passwordProtection: null, trustedIps: null, trustedSources: null, optionsAllowlist: null };

const rules: PropertyRules = {
  name: { type: "string" },
  teamId: { type: "string", computed: true, replace: true },
  ...Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.rule])),
  id: { type: "string", outputOnly: true },
};

type ApiProject = Readonly<Record<string, PropertyValue | undefined>> & { readonly id: string };

/** A project with plain settings; nested ones (protection, git, resources, inline variables) are refused by the check. */
export const project: Resource<VercelClient> = {
  token: "vercel:index/project:Project",
  description: "A Vercel project.",
  rules,
  compareWith: "outputs",
  deleteBeforeReplace: false,

  check(request) {
    const inputs = { ...request.news, name: request.news["name"] ?? generatedName(request) };
    return { inputs, failures: [...checkProperties(rules, inputs), ...checkName(inputs["name"])] };
  },

  previewCreate: async (_client, inputs) => plannedOutputs(rules, inputs),

  async create(client, inputs) {
    const team = textOf(inputs, "teamId");
    const created = await client.send<ApiProject>("POST", "/v8/projects", {
      team,
      body: { ...settingsBody(inputs, true), name: textOf(inputs, "name"), oidcTokenConfig: TEAM_ISSUER },
    });
    if (!created.id) throw new PluginError("the answer of api.vercel.com has no project in it");
    await client.listEnvironmentVariables(created.id, team);
    // The official provider's defaults always make it send the settings once more, some of which a create cannot carry.
    const patched = await client.send<ApiProject>("PATCH", `/v9/projects/${encodeURIComponent(created.id)}`, {
      team,
      body: settingsBody(inputs, false),
    });
    return { id: created.id, outputs: outputsOf(client, patched, team) };
  },

  previewUpdate: async (_client, request) => plannedUpdate(rules, request),

  async update(client, { id, outputs, news }) {
    const team = textOf(news, "teamId") || textOf(outputs, "teamId");
    const { name } = news;
    const patched = await client.send<ApiProject>("PATCH", `/v9/projects/${encodeURIComponent(id)}`, {
      team,
      body: {
        ...settingsBody({ ...computedSettings(outputs), ...news }, false),
        ...(name === outputs["name"] ? {} : { name }),
      },
    });
    await client.listEnvironmentVariables(id, team);
    return outputsOf(client, patched, team);
  },

  async read(client, { id, inputs, outputs }) {
    if (outputs) {
      const found = await getProject(client, id, textOf(outputs, "teamId"));
      return found && { ...found, inputs: refreshedInputs(rules, inputs, found.outputs) };
    }
    const { team, parts } = splitImportId(id, ["project_id"]);
    // The official plugin asks twice: once to import (by id or name), once to read what it has imported (by id).
    const imported = await getProject(client, parts[0] ?? "", team);
    if (!imported) throw new PluginError(`Error reading project: there is none with id ${id}`);
    const found = await getProject(client, imported.id, team);
    return found && { ...found, inputs: importedInputs(rules, found.outputs) };
  },

  async delete(client, id, outputs) {
    try {
      await client.send("DELETE", `/v8/projects/${encodeURIComponent(id)}`, { team: textOf(outputs, "teamId") });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  },
};

function checkName(name: PropertyValue | undefined): string[] {
  if (typeof name !== "string" || hasUnknown(name) || /^[a-z0-9-]{1,52}$/.test(name)) return [];
  return ["'name' must be 1 to 52 lower-case letters, digits and hyphens"];
}

function settingsBody(values: PropertyBag, isCreate: boolean): Record<string, unknown> {
  const sent = Object.entries(settings)
    .filter(([, setting]) => !isCreate || setting.inCreate)
    .map(([name, setting]) => [setting.api, values[name] ?? setting.fallback]);
  return {
    ...(Object.fromEntries(sent) as Record<string, unknown>),
    ssoProtection: STANDARD_PROTECTION,
    ...(isCreate
      ? {}
      : { ...UNSET_PROTECTION, oidcTokenConfig: TEAM_ISSUER, skewProtectionMaxAge: 0, gitComments: null }),
  };
}

/** Settings that stay as they are when the program says nothing about them. */
function computedSettings(outputs: PropertyBag): PropertyBag {
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => rules[name]?.computed));
}

async function getProject(
  client: VercelClient,
  idOrName: string,
  team: string,
): Promise<{ id: string; outputs: PropertyBag } | undefined> {
  try {
    const found = await client.send<ApiProject>("GET", `/v10/projects/${encodeURIComponent(idOrName)}`, { team });
    await client.listEnvironmentVariables(found.id, team);
    return { id: found.id, outputs: outputsOf(client, found, team) };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function outputsOf(client: VercelClient, live: ApiProject, team: string): PropertyBag {
  const named = Object.entries(settings).map(([name, setting]) => [
    name,
    live[setting.api] ?? (setting.rule.type === "boolean" && setting.fallback !== null ? false : undefined),
  ]);
  return definedProperties({
    ...(Object.fromEntries(named) as PropertyBag),
    id: live.id,
    name: live["name"],
    teamId: client.teamId(team) || undefined,
  });
}
