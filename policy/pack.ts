/** How do the rules reach Pulumi's engine? As a policy pack: it is asked of each resource before that is made, and of all of them in the end. */
import { asset } from "@pulumi/pulumi";
import { PolicyPack, type Policies, type PolicyResource, type ResourceValidationArgs } from "@pulumi/policy";
import { type Resource, type Rule, type RuleSettings } from "./rule";
import { rules } from "./rules";

/** Starts the pack: it says its port on standard output and answers the engine until that ends it. */
export function servePack(): void {
  new PolicyPack("sophia-secrets", { enforcementLevel: "mandatory", policies: rules.map(policyOf) });
}

function policyOf({ name, description, setting, check, checkStack }: Rule): Policies[number] {
  const schema = setting && { [setting]: { type: "array" as const, items: { type: "string" as const } } };
  return {
    name,
    description,
    enforcementLevel: "mandatory",
    ...(schema ? { configSchema: { properties: schema } } : {}),
    ...(check
      ? {
          validateResource: async (args: ResourceValidationArgs, report: (message: string) => void) => {
            const settings = args.getConfig<RuleSettings>();
            for (const violation of check(await factsOf(args), settings)) report(violation);
          },
        }
      : {}),
    ...(checkStack
      ? {
          validateStack: async (
            args: { readonly resources: readonly PolicyResource[] },
            report: (message: string) => void,
          ) => {
            for (const violation of checkStack(await Promise.all(args.resources.map(factsOf)))) report(violation);
          },
        }
      : {}),
  };
}

/** What the rules are told. To read what is not known yet throws, so that each property is tried by itself. */
async function factsOf({ type, name, urn, props }: ResourceValidationArgs | PolicyResource): Promise<Resource> {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(props as object)) {
    const value = await readKnown(() => (props as Record<string, unknown>)[key]);
    if (value !== undefined) properties[key] = value;
  }
  return { type, name, urn, properties };
}

/** Plain data: assets as their texts, lists and maps copied without what is unknown in them. */
async function readKnown(read: () => unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = read();
  } catch {
    return undefined;
  }
  if (value instanceof asset.StringAsset) return unwrap(value).text;
  if (Array.isArray(value)) {
    const { length } = value;
    const items = await Promise.all(Array.from({ length }, (_, index) => readKnown(() => (value as unknown[])[index])));
    return items.filter((item) => item !== undefined);
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.keys(value).map(
    async (key) => [key, await readKnown(() => (value as Record<string, unknown>)[key])] as const,
  );
  return Object.fromEntries((await Promise.all(entries)).filter(([, item]) => item !== undefined));
}

/** The pack hands out proxies; the promise inside of one cannot be waited for. */
function unwrap<T extends object>(value: T): T {
  return (value as { readonly __getSpecialProxyTarget?: T }).__getSpecialProxyTarget ?? value;
}
