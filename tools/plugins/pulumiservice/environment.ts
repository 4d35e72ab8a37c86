/** How does `pulumiservice.Environment` work, its traps included? (https://www.pulumi.com/registry/packages/pulumiservice/api-docs/environment/) */
import { Asset, hasUnknown, type PropertyBag, type PropertyValue, textOf } from "../properties";
import { checkProperties, PluginError, type PropertyRules, type Resource } from "../resource";
import {
  type Diagnostic,
  environmentPath,
  type EnvironmentName,
  parseJson,
  revisionOf,
  type ServiceClient,
  ServiceError,
} from "./client";

/** The project of environments that were made before there were projects. */
export const DEFAULT_PROJECT = "default";

const rules: PropertyRules = {
  name: { type: "string", required: true, replace: true },
  organization: { type: "string", required: true, replace: true },
  project: { type: "string", required: true, replace: true },
  yaml: { type: "asset", required: true, secret: true },
  environmentId: { type: "string", outputOnly: true },
  revision: { type: "number", outputOnly: true },
};

/** An ESC environment. Its text is a secret in inputs and outputs, whatever the program passes. */
export const environment: Resource<ServiceClient> = {
  token: "pulumiservice:index:Environment",
  description: "An ESC environment.",
  rules,
  compareWith: "inputs",
  deleteBeforeReplace: true,

  check({ news }) {
    const failures = [...checkProperties(rules, news), ...checkNames(news)];
    // The official provider records the text without blanks at either end, so a block scalar that ends it loses its last newline.
    return { inputs: { ...news, yaml: trimLikeGo(textOfYaml(news["yaml"])) }, failures };
  },

  // The official provider knows no previews here: it is the inputs that come back, and what is missing counts as unknown.
  previewCreate: async (_client, inputs) => inputs,
  previewUpdate: async (_client, { news }) => news,

  async create(client, inputs) {
    const name = nameOf(inputs);
    const yaml = textOf(inputs, "yaml");
    const organizationPath = `/api/esc/environments/${encodeURIComponent(name.organization)}`;
    await inContext("failed to check environment", yaml, () =>
      client.esc("POST", `${organizationPath}/yaml/check?showSecrets=false`, yaml),
    );
    await inContext("failed to create new environment", yaml, () =>
      client.esc("POST", organizationPath, JSON.stringify({ project: name.project, name: name.environment })),
    );
    const revision = await inContext("failed to push yaml into environment", yaml, () => writeYaml(client, name, yaml));
    return { id: idOf(name), outputs: await outputsOf(client, name, yaml, revision) };
  },

  async update(client, { news }) {
    const name = nameOf(news);
    const yaml = textOf(news, "yaml");
    const revision = await inContext("failed to update environment", yaml, () =>
      writeYaml(client, name, yaml).catch((error: unknown) => {
        // The official provider drops every error that has no diagnostics: a refused write ends as revision 0, and as success.
        if (error instanceof ServiceError && error.diagnostics.length > 0) throw error;
        return 0;
      }),
    );
    return outputsOf(client, name, yaml, revision);
  },

  async read(client, { id }) {
    const name = parseId(id);
    let yaml: string;
    let revision: number;
    try {
      const response = await client.esc("GET", environmentPath(name));
      yaml = trimLikeGo(response.body);
      revision = revisionOf(response);
    } catch {
      // Any failure at all, a refused token among them, reads as "gone" in the official provider.
      return undefined;
    }
    const environmentId = await client.environmentId(name).catch(() => "");
    const inputs = inputsOf(name, yaml);
    return { id, inputs, outputs: { ...inputs, revision, ...(environmentId ? { environmentId } : {}) } };
  },

  async delete(client, _id, outputs) {
    await client.esc("DELETE", environmentPath(nameOf(outputs)));
  },
};

function checkNames(news: PropertyBag): string[] {
  return ["organization", "project", "name"]
    .filter((property) => textOf(news, property).includes("/"))
    .map((property) => `'${property}' property contains \`/\` illegal character`);
}

/** A text that is not known yet counts as the empty one. */
function textOfYaml(value: PropertyValue | undefined): string {
  if (value instanceof Asset) {
    try {
      return value.read();
    } catch {
      throw new PluginError("the asset in 'yaml' cannot be read");
    }
  }
  return typeof value === "string" && !hasUnknown(value) ? value : "";
}

/** Writes the text without an ETag. Throws {@link ServiceError} with diagnostics also when a successful answer carries them. */
async function writeYaml(client: ServiceClient, name: EnvironmentName, yaml: string): Promise<number> {
  const response = await client.esc("PATCH", environmentPath(name), yaml);
  const revision = revisionOf(response);
  const body = parseJson(response.body) as { diagnostics?: unknown } | null | undefined;
  if (Array.isArray(body?.diagnostics)) {
    throw new ServiceError(response.status, "the text was refused", body.diagnostics as Diagnostic[]);
  }
  return revision;
}

async function outputsOf(
  client: ServiceClient,
  name: EnvironmentName,
  yaml: string,
  revision: number,
): Promise<PropertyBag> {
  const environmentId = await inContext("failed to resolve environment's id", yaml, () => client.environmentId(name));
  return { ...inputsOf(name, yaml), revision, ...(environmentId ? { environmentId } : {}) };
}

function inputsOf({ organization, project, environment: name }: EnvironmentName, yaml: string): PropertyBag {
  return { organization, project, name, yaml };
}

function nameOf(properties: PropertyBag): EnvironmentName {
  return {
    organization: textOf(properties, "organization"),
    project: textOf(properties, "project") || DEFAULT_PROJECT,
    environment: textOf(properties, "name"),
  };
}

function idOf({ organization, project, environment: name }: EnvironmentName): string {
  return `${organization}/${project}/${name}`;
}

function parseId(id: string): EnvironmentName {
  const parts = id.split("/");
  const [organization = "", project = "", name = ""] =
    parts.length === 2 ? [parts[0], DEFAULT_PROJECT, parts[1]] : parts;
  if (parts.length !== 2 && parts.length !== 3) throw new PluginError(`invalid environment id: ${id}`);
  return { organization, project, environment: name };
}

/** Adds what was being done to an error, and the diagnostics, without anything that the text of the environment keeps secret. */
async function inContext<T>(what: string, yaml: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const diagnostics = error instanceof ServiceError ? error.diagnostics.map(describeDiagnostic) : [];
    const details =
      diagnostics.length > 0 ? `yaml code failed following checks: ${diagnostics.join("; ")}` : error.message;
    throw new PluginError(
      secretsIn(yaml).reduce((text, secret) => text.replaceAll(secret, "[secret]"), `${what}: ${details}`),
    );
  }
}

function describeDiagnostic({ summary, range }: Diagnostic): string {
  const { line, column } = range?.begin ?? {};
  return `${line === undefined ? "" : `${line}:${column ?? 0}: `}${summary ?? "no summary"}`;
}

/** Every secret of the document, as it is written and as JSON reads it: the service may quote a piece of what it refuses. */
function secretsIn(yaml: string): string[] {
  const written = [...yaml.matchAll(/fn::secret["']?\s*:\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}][^\n,}]*)/g)];
  const texts = written.flatMap((match) => {
    const text = match[1] ?? "";
    if (/^[|>]/.test(text)) return blockLines(yaml, match.index);
    const parsed = parseJson(text);
    return [text.replace(/^["']|["']$/g, "").trim(), ...(typeof parsed === "string" ? parsed.split("\n") : [])];
  });
  return texts.filter((text) => text.length > 3).sort((left, right) => right.length - left.length);
}

/** The lines of the block scalar whose key is at `index`: all that are indented deeper than it. */
function blockLines(yaml: string, index: number): string[] {
  const start = yaml.lastIndexOf("\n", index) + 1;
  const indentOf = (line: string) => line.length - line.trimStart().length;
  const [first = "", ...lines] = yaml.slice(start).split("\n");
  const end = lines.findIndex((line) => line.trim() !== "" && indentOf(line) <= indentOf(first));
  return (end < 0 ? lines : lines.slice(0, end)).map((line) => line.trim());
}

/** Go's strings.TrimSpace: unlike String.trim it keeps a byte order mark and takes the next-line character. */
function trimLikeGo(text: string): string {
  const blank = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
  return text.replace(new RegExp(`^${blank}|${blank}$`, "g"), "");
}
