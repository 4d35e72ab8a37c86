/** What must a resource of a stand-in plugin be able to do, and what do all of them do alike (check, diff, inputs after a read)? */
import { createHash } from "node:crypto";
import { Asset, hasUnknown, type PropertyBag, type PropertyValue, UNKNOWN } from "./properties";

/** Thrown where the text is meant for the user and is known to hold no value; any other error is reported without its text. */
export class PluginError extends Error {
  override readonly name = "PluginError";
}

/** How one property behaves; what is left out is false. */
export interface PropertyRule {
  readonly type: "string" | "number" | "boolean" | "set" | "asset";
  readonly description?: string;
  readonly required?: boolean;
  /** Only the service sets it: never an input. */
  readonly outputOnly?: boolean;
  /** An input that the service fills when the program leaves it out; leaving it out is then no change. */
  readonly computed?: boolean;
  /** Wrapped as a secret in inputs and outputs, even where the program passed plain text. */
  readonly secret?: boolean;
  /** A change of it forces a replacement. */
  readonly replace?: boolean;
  /** Kept in the inputs, never in the outputs, and never compared. */
  readonly writeOnly?: boolean;
}

/** The properties of a resource by name. */
export type PropertyRules = Readonly<Record<string, PropertyRule>>;

/** What the engine asks to be checked. */
export interface CheckRequest {
  /** The resource's name in the program. */
  readonly name: string;
  /** The inputs of the last deployment; empty for a new resource. */
  readonly olds: PropertyBag;
  readonly news: PropertyBag;
  /** The engine's seed for generated names, so that a plan and its deployment agree. */
  readonly randomSeed: Uint8Array;
}

/** Checked inputs and what is wrong with them. A failure names the property in its text and never holds a value. */
export interface CheckResult {
  readonly inputs: PropertyBag;
  readonly failures: readonly string[];
}

/** A resource as it exists after a create. */
export interface CreatedResource {
  readonly id: string;
  readonly outputs: PropertyBag;
}

/** What the engine asks to be read: a refresh when `outputs` is there, else an import by the id that a person gave. */
export interface ReadRequest {
  readonly id: string;
  readonly inputs: PropertyBag;
  readonly outputs: PropertyBag | undefined;
}

/** What was read. */
export interface ReadResource extends CreatedResource {
  readonly inputs: PropertyBag;
}

/** An update: what was deployed and what shall be. */
export interface UpdateRequest {
  readonly id: string;
  readonly outputs: PropertyBag;
  readonly news: PropertyBag;
}

/** One resource type. `Session` is what configuring the plugin gave: a client of the service. Values are never put into errors. */
export interface Resource<Session> {
  /** The type token, such as `vercel:index/userToken:UserToken`. */
  readonly token: string;
  readonly description: string;
  readonly rules: PropertyRules;
  /** What new inputs are compared with to find a change: the official plugins differ in this. */
  readonly compareWith: "outputs" | "inputs";
  /** Does a replacement delete the old resource first? */
  readonly deleteBeforeReplace: boolean;
  check(request: CheckRequest): CheckResult;
  /** What a create will give, as far as it is known. */
  previewCreate(session: Session, inputs: PropertyBag): Promise<PropertyBag>;
  create(session: Session, inputs: PropertyBag): Promise<CreatedResource>;
  previewUpdate(session: Session, request: UpdateRequest): Promise<PropertyBag>;
  update(session: Session, request: UpdateRequest): Promise<PropertyBag>;
  /** Undefined when the resource does not exist any more. */
  read(session: Session, request: ReadRequest): Promise<ReadResource | undefined>;
  delete(session: Session, id: string, outputs: PropertyBag): Promise<void>;
}

/** One changed property. */
export interface PropertyChange {
  readonly name: string;
  readonly kind: "add" | "update" | "delete";
  readonly replace: boolean;
}

/** The generic check: unknown names, missing and mistyped properties. Values that are not known yet count as present and are not looked at. */
export function checkProperties(rules: PropertyRules, news: PropertyBag): string[] {
  const failures: string[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    const value = news[name];
    if (value === undefined) {
      if (rule.required) failures.push(`missing required property '${name}'`);
    } else if (rule.outputOnly) failures.push(`property '${name}' is set by the service and cannot be given`);
    else if (!hasUnknown(value) && !hasType(value, rule.type))
      failures.push(`property '${name}' must be ${TYPE_NAMES[rule.type]}`);
  }
  for (const name of Object.keys(news)) {
    if (!(name in rules) && !name.startsWith("__"))
      failures.push(`property '${name}' is not carried by this stand-in plugin`);
  }
  return failures;
}

/** Compares new inputs with what `before` says (outputs or inputs of the last deployment). A value that is not known yet equals none, so it is a change. */
export function diffProperties(
  rules: PropertyRules,
  before: PropertyBag,
  news: PropertyBag,
  ignoreChanges: readonly string[] = [],
): PropertyChange[] {
  const changes: PropertyChange[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.outputOnly || rule.writeOnly || ignoreChanges.includes(name)) continue;
    const old = before[name];
    const value = news[name];
    const replace = rule.replace === true;
    if (value === undefined) {
      if (old !== undefined && !rule.computed) changes.push({ name, kind: "delete", replace });
    } else if (old === undefined) changes.push({ name, kind: "add", replace });
    else if (!equalValues(rule, old, value)) changes.push({ name, kind: "update", replace });
  }
  return changes;
}

/** The inputs to record after a refresh: the old ones, in which only what really changed at the service is replaced. */
export function refreshedInputs(rules: PropertyRules, inputs: PropertyBag, outputs: PropertyBag): PropertyBag {
  const refreshed: PropertyBag = {};
  for (const [name, value] of Object.entries(inputs)) {
    const rule = rules[name];
    const live = outputs[name];
    if (!rule || rule.writeOnly || (live !== undefined && equalValues(rule, value, live))) refreshed[name] = value;
    else if (live !== undefined) refreshed[name] = live;
  }
  return refreshed;
}

/** The inputs to record after an import: all outputs that a program could have given, without the empty ones. */
export function importedInputs(rules: PropertyRules, outputs: PropertyBag): PropertyBag {
  const entries = Object.entries(outputs).filter(([name, value]) => {
    const rule = rules[name];
    return rule !== undefined && !rule.outputOnly && value !== "" && !(Array.isArray(value) && value.length === 0);
  });
  return Object.fromEntries(entries);
}

/** The outputs of a preview: given inputs, and unknown for everything that only the service can tell. */
export function plannedOutputs(rules: PropertyRules, inputs: PropertyBag): PropertyBag {
  const planned: PropertyBag = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = inputs[name];
    if (rule.writeOnly) continue;
    if (value !== undefined) planned[name] = rule.type === "set" && Array.isArray(value) ? sortedSet(value) : value;
    else if (rule.outputOnly || rule.computed) planned[name] = UNKNOWN;
  }
  return planned;
}

/** The outputs of an update's preview: as for a create, but what the service set before stays, except for the names in `recomputed`. */
export function plannedUpdate(
  rules: PropertyRules,
  { outputs, news }: UpdateRequest,
  recomputed: readonly string[] = [],
): PropertyBag {
  const planned = plannedOutputs(rules, news);
  for (const [name, value] of Object.entries(outputs)) {
    const rule = rules[name];
    const serviceSets = rule?.outputOnly === true || rule?.computed === true;
    if (serviceSets && news[name] === undefined && !recomputed.includes(name)) planned[name] = value;
  }
  return planned;
}

/** A bag without the properties that are undefined or null. */
export function definedProperties(properties: Readonly<Record<string, PropertyValue | undefined>>): PropertyBag {
  const entries = Object.entries(properties).filter(
    (entry): entry is [string, PropertyValue] => entry[1] !== undefined && entry[1] !== null,
  );
  return Object.fromEntries(entries);
}

/** The name of a resource whose program gave none: the one it has, else `<name in the program>-<7 hexadecimal digits>`. */
export function generatedName(request: CheckRequest): string {
  const old = request.olds["name"];
  if (typeof old === "string" && old !== UNKNOWN) return old;
  return `${request.name}-${createHash("sha256").update(request.randomSeed).digest("hex").slice(0, 7)}`;
}

const TYPE_NAMES: Readonly<Record<PropertyRule["type"], string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  set: "a list of texts",
  asset: "a text or an asset",
};

function hasType(value: PropertyValue, type: PropertyRule["type"]): boolean {
  if (type === "set") return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (type === "asset") return typeof value === "string" || value instanceof Asset;
  return typeof value === type;
}

function equalValues(rule: PropertyRule, left: PropertyValue, right: PropertyValue): boolean {
  if (rule.type !== "set" || !Array.isArray(left) || !Array.isArray(right)) return left === right;
  return JSON.stringify(sortedSet(left)) === JSON.stringify(sortedSet(right));
}

function sortedSet(values: readonly PropertyValue[]): PropertyValue[] {
  return [...new Set(values)].sort();
}
