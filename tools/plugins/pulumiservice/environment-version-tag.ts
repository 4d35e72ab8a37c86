/** How does `pulumiservice.EnvironmentVersionTag` work? (https://www.pulumi.com/registry/packages/pulumiservice/api-docs/environmentversiontag/) */
import { type PropertyBag, textOf } from "../properties";
import { checkProperties, PluginError, type PropertyRules, type Resource } from "../resource";
import { environmentPath, parseJson, type ServiceClient, ServiceError } from "./client";
import { DEFAULT_PROJECT } from "./environment";

const rules: PropertyRules = {
  environment: { type: "string", required: true, replace: true },
  organization: { type: "string", required: true, replace: true },
  project: { type: "string", replace: true },
  revision: { type: "number", required: true },
  tagName: { type: "string", required: true, replace: true },
};

/** A name for one revision of an environment; moving it is an update. */
export const environmentVersionTag: Resource<ServiceClient> = {
  token: "pulumiservice:index:EnvironmentVersionTag",
  description: "A tag on a revision of an ESC environment.",
  rules,
  compareWith: "inputs",
  deleteBeforeReplace: false,

  check({ news }) {
    const inputs = { project: DEFAULT_PROJECT, ...news };
    const { revision } = inputs as PropertyBag;
    const failures = checkProperties(rules, inputs);
    if (typeof revision === "number" && !Number.isInteger(revision)) failures.push("'revision' must be a whole number");
    return { inputs, failures };
  },

  previewCreate: async (_client, inputs) => inputs,
  previewUpdate: async (_client, { news }) => news,

  async create(client, inputs) {
    const name = textOf(inputs, "tagName");
    await inContext("creating", name, () =>
      client.esc("POST", tagsPath(inputs), JSON.stringify({ name, revision: inputs["revision"] })),
    );
    return { id: idOf(inputs), outputs: inputs };
  },

  async update(client, { news }) {
    const name = textOf(news, "tagName");
    await inContext("updating", name, () =>
      client.esc("PATCH", tagPath(news), JSON.stringify({ revision: news["revision"] })),
    );
    return news;
  },

  async read(client, { id }) {
    const where = parseId(id);
    try {
      const response = await client.esc("GET", tagPath(where));
      const revision = (parseJson(response.body) as { revision?: unknown } | undefined)?.revision;
      if (typeof revision !== "number") throw new PluginError("the answer has no revision");
      const properties = { ...where, revision };
      return { id: idOf(properties), inputs: properties, outputs: properties };
    } catch (error) {
      // Unlike an environment, a tag is gone only when the service says so.
      if (error instanceof ServiceError && error.status === 404) return undefined;
      throw error;
    }
  },

  async delete(client, _id, outputs) {
    await inContext("deleting", textOf(outputs, "tagName"), () => client.esc("DELETE", tagPath(outputs)));
  },
};

async function inContext<T>(doing: string, tagName: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw new PluginError(`error ${doing} environment version tag "${tagName}": ${error.message}`);
  }
}

function tagsPath(properties: PropertyBag): string {
  const name = {
    organization: textOf(properties, "organization"),
    project: textOf(properties, "project"),
    environment: textOf(properties, "environment"),
  };
  return `${environmentPath(name)}/versions/tags`;
}

function tagPath(properties: PropertyBag): string {
  return `${tagsPath(properties)}/${encodeURIComponent(textOf(properties, "tagName"))}`;
}

function idOf(properties: PropertyBag): string {
  return ["organization", "project", "environment", "tagName"].map((name) => textOf(properties, name)).join("/");
}

function parseId(id: string): PropertyBag {
  const parts = id.split("/");
  if (parts.length === 3) parts.splice(1, 0, DEFAULT_PROJECT);
  const [organization = "", project = "", environment = "", tagName = ""] = parts;
  if (parts.length === 4) return { organization, project, environment, tagName };
  throw new PluginError(`"${id}" is invalid, must be in the format: organization/project/environment/tag`);
}
