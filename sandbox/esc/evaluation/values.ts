/** What is a value while it is evaluated? Its content, whether it is secret or unknown, and the imported value that it lies over. */
import { NumberText, quoteText, type JsonData } from "../go-text";
import { type SourceRange } from "../yaml/syntax";

/** The JSON schema type of a value; `any` for what could not be evaluated. */
export type Kind = "any" | "null" | "boolean" | "number" | "string" | "array" | "object";

export type Content = null | boolean | NumberText | string | readonly Value[] | ReadonlyMap<string, Value>;

/** An evaluated value. Values are never changed: merging makes new ones. */
export interface Value {
  readonly kind: Kind;
  /** Of no meaning when `unknown`. */
  readonly content: Content;
  readonly unknown: boolean;
  readonly secret: boolean;
  /** Set by `fn::final`: importers cannot override it. */
  readonly final: boolean;
  /** The value below in the merge. The own keys of a mapping win over those of its base. */
  readonly base: Value | undefined;
  /** The expression that defined the value. */
  readonly range: SourceRange;
}

/** A known value. */
export function known(content: Content, range: SourceRange, secret = false): Value {
  return { kind: kindOf(content), content, unknown: false, secret, final: false, base: undefined, range };
}

/** A value that could not be computed. */
export function unknown(kind: Kind, range: SourceRange, secret = false): Value {
  return { kind, content: null, unknown: true, secret, final: false, base: undefined, range };
}

function kindOf(content: Content): Kind {
  if (content === null) return "null";
  if (typeof content === "boolean") return "boolean";
  if (typeof content === "string") return "string";
  if (content instanceof NumberText) return "number";
  return content instanceof Map ? "object" : "array";
}

/** The own entries of a known mapping. */
export function asMap(value: Value): ReadonlyMap<string, Value> | undefined {
  return !value.unknown && value.content instanceof Map ? (value.content as ReadonlyMap<string, Value>) : undefined;
}

/** The items of a known list. */
export function asList(value: Value): readonly Value[] | undefined {
  return !value.unknown && Array.isArray(value.content) ? (value.content as readonly Value[]) : undefined;
}

/** Whether the value is a mapping, or unknown and may be one. */
export function isObject(value: Value | undefined): value is Value {
  return (
    value !== undefined && (value.unknown ? value.kind === "any" || value.kind === "object" : value.kind === "object")
  );
}

/** The keys of a mapping and of its base, sorted; a base that is no mapping adds none. */
export function keysOf(value: Value): readonly string[] {
  const keys = new Set<string>();
  for (let layer: Value | undefined = value; layer; layer = layer.base) {
    const own = asMap(layer);
    if (!own) break;
    for (const key of own.keys()) keys.add(key);
  }
  return [...keys].sort();
}

/** The named property, own or from the base; unknown when the value that would have it is unknown. */
export function propertyOf(value: Value | undefined, key: string): Value | undefined {
  for (let layer = value; layer; layer = layer.base) {
    if (layer.unknown) return { ...unknown("any", layer.range), base: propertyOf(layer.base, key) };
    const own = asMap(layer);
    if (!own) return undefined;
    const property = own.get(key);
    if (property) return property;
  }
  return undefined;
}

/** Lays a value over a base, as JSON merge patch does: mappings deeply, everything else as a whole. */
export function overBase(value: Value, base: Value | undefined): Value {
  if (!base || value === base || value.base === base) return value;
  const below = value.base ? overBase(value.base, base) : base;
  const own = asMap(value);
  if (!own) return { ...value, base: below };
  const content = new Map<string, Value>();
  for (const [key, property] of own) content.set(key, overBase(property, propertyOf(below, key)));
  return { ...value, content, base: below };
}

/** Whether the value or anything in it satisfies the test. */
export function someWithin(value: Value, test: (value: Value) => boolean): boolean {
  if (test(value)) return true;
  const list = asList(value);
  if (list) return list.some((item) => someWithin(item, test));
  return asMap(value) !== undefined && propertiesOf(value).some(([, property]) => someWithin(property, test));
}

/** The merged properties of a mapping, sorted by key. */
export function propertiesOf(value: Value): readonly (readonly [string, Value])[] {
  return keysOf(value).flatMap((key) => {
    const property = propertyOf(value, key);
    return property ? [[key, property] as const] : [];
  });
}

/** A value as text in a string: a list as `"a","1"`, a mapping as `"k"="v"` with its own keys only. */
export function textOf(value: Value): { text: string; unknown: boolean; secret: boolean } {
  if (value.unknown) return { text: "[unknown]", unknown: true, secret: value.secret };
  const own = asMap(value);
  const list = asList(value);
  if (!own && !list) return { text: scalarText(value.content), unknown: false, secret: value.secret };
  const children = own
    ? [...own].sort(([left], [right]) => (left < right ? -1 : 1))
    : (list ?? []).map((item) => ["", item] as const);
  const texts = children.map(([key, child]) => ({ key, ...textOf(child) }));
  return {
    text: texts.map(({ key, text }) => (own ? `${quoteText(key)}=${quoteText(text)}` : quoteText(text))).join(","),
    unknown: texts.some((child) => child.unknown),
    secret: value.secret || texts.some((child) => child.secret),
  };
}

function scalarText(content: Content): string {
  if (typeof content === "string") return content;
  return typeof content === "boolean" || content instanceof NumberText ? content.toString() : "";
}

/** The content of a known string. */
export function stringOf(value: Value): string {
  return typeof value.content === "string" ? value.content : "";
}

/** A value as data: unknown parts as `[unknown]` and, when `redact` is set, secret ones as `[secret]`. */
export function dataOf(value: Value, redact: boolean): JsonData {
  if (value.secret && redact) return "[secret]";
  if (value.unknown) return "[unknown]";
  const list = asList(value);
  if (list) return list.map((item) => dataOf(item, redact));
  if (asMap(value)) {
    return Object.fromEntries(propertiesOf(value).map(([key, property]) => [key, dataOf(property, redact)]));
  }
  return value.content as JsonData;
}

/** Data as a value; every part gets the same range and secretness. */
export function valueOf(data: JsonData, range: SourceRange, secret: boolean): Value {
  if (Array.isArray(data))
    return known(
      data.map((item) => valueOf(item as JsonData, range, secret)),
      range,
      secret,
    );
  if (data === null || typeof data !== "object" || data instanceof NumberText) return known(data, range, secret);
  const entries = Object.entries(data as Record<string, JsonData>);
  return known(new Map(entries.map(([key, item]) => [key, valueOf(item, range, secret)])), range, secret);
}
