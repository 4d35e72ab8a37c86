/** What is a rule of the policy pack? A pure function over what is known of one resource, or of all of a stack. */

/** What the engine says of a resource before it is made or changed. What is not known yet (in a preview) is missing; assets are their texts. */
export interface Resource {
  /** Token, `github:index/actionsSecret:ActionsSecret`. */
  readonly type: string;
  readonly name: string;
  /** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME` */
  readonly urn: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `policy/config.json` may set, for the rules that have something to set. */
export interface RuleSettings {
  /** Names of organization secrets that every repository may read. @default none */
  readonly allowed?: readonly string[];
  /** Names of the stacks in which no user may have a password. @default ["production"] */
  readonly stacks?: readonly string[];
}

/** One rule; a violation is a sentence that says what is wrong and what to do. */
export interface Rule {
  /** Lower case with dashes, as it stands in reports and in `policy/config.json`. */
  readonly name: string;
  /** One sentence: what must be so. */
  readonly description: string;
  /** The only setting that it has, if it has one. */
  readonly setting?: keyof RuleSettings;
  /** Of one resource. */
  readonly check?: (resource: Resource, settings: RuleSettings) => readonly string[];
  /** Of the whole stack. */
  readonly checkStack?: (resources: readonly Resource[]) => readonly string[];
}

/** The stack's name in a URN. */
export function stackOf({ urn }: Resource): string {
  return /^urn:pulumi:([^:]+)::/.exec(urn)?.[1] ?? "";
}

/** A property that is a text; empty where it is none, or not known yet. */
export function textOf({ properties }: Resource, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** Names of one kind in a resource that writes a whole place at GitHub; none where it is no such resource. */
export function entriesOf({ type, properties }: Resource, kind: "secret" | "variable"): string[] {
  const { wanted } = properties;
  if (type !== "sophia:github:Entries" || typeof wanted !== "object" || wanted === null) return [];
  return Object.entries(wanted as Record<string, { readonly kind?: unknown }>).flatMap(([name, entry]) =>
    entry.kind === kind ? [name] : [],
  );
}

/** A property that is a list; empty where it is none. */
export function listOf({ properties }: Resource, name: string): readonly unknown[] {
  const value = properties[name];
  return Array.isArray(value) ? value : [];
}
