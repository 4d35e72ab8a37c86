/** What is a stand-in plugin? A name, the official version that it stands in for, a way to configure it, and its resources. */
import { type PropertyBag } from "./properties";
import { type PropertyRule, type Resource } from "./resource";

/** The words by which every output of these plugins says that they are not the official ones. */
export const STAND_IN_MARK = "sophia-secrets stand-in";

/** A plugin. `Session` is what its resources work with once it is configured. */
export interface Plugin<Session> {
  /** The package name, such as `vercel`. */
  readonly name: string;
  /** The version of the official plugin whose place it takes; the engine insists on it. */
  readonly version: string;
  readonly resources: readonly Resource<Session>[];
  /** Called once a provider with its settings, secrets unwrapped, and the environment of the process. Throws what the user must read. */
  configure(settings: PropertyBag, environment: NodeJS.ProcessEnv): Promise<Session>;
}

/** The line that `--version` prints. */
export function aboutPlugin(plugin: Plugin<unknown>): string {
  return `pulumi-resource-${plugin.name} ${plugin.version} (${STAND_IN_MARK}; not the official plugin)`;
}

/** The package schema as JSON text, as far as `pulumi import` needs it (https://www.pulumi.com/docs/iac/extending-pulumi/schema/). */
export function pluginSchema<Session>(plugin: Plugin<Session>): string {
  const resources = plugin.resources.map((resource) => [resource.token, resourceSchema(resource)]);
  return JSON.stringify({
    name: plugin.name,
    version: plugin.version,
    description: `${STAND_IN_MARK} for the official ${plugin.name} plugin; it carries ${plugin.resources.length} resources`,
    keywords: [STAND_IN_MARK],
    resources: Object.fromEntries(resources) as unknown,
  });
}

function resourceSchema<Session>(resource: Resource<Session>): object {
  const rules = Object.entries(resource.rules);
  const types = (kept: (rule: PropertyRule) => boolean) =>
    Object.fromEntries(rules.filter(([, rule]) => kept(rule)).map(([name, rule]) => [name, typeSchema(rule)]));
  const required = rules.filter(([, rule]) => rule.required).map(([name]) => name);
  return {
    description: resource.description,
    properties: types((rule) => !rule.writeOnly),
    required,
    inputProperties: types((rule) => !rule.outputOnly),
    requiredInputs: required,
  };
}

function typeSchema(rule: PropertyRule): object {
  const marks = { ...(rule.secret ? { secret: true } : {}), ...(rule.replace ? { replaceOnChanges: true } : {}) };
  if (rule.type === "set") return { type: "array", items: { type: "string" }, ...marks };
  if (rule.type === "asset") return { $ref: "pulumi.json#/Asset", ...marks };
  return { type: rule.type, ...marks };
}
