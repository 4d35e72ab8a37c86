/** What is there to evaluate? Declarations with their paths, the imported values below them, and the value once it is known. */
import { type SourceRange } from "../yaml/syntax";
import { type Declaration } from "./declaration";
import { propertyOf, type Value } from "./values";

/** A declared value on its way to being evaluated, at most once. */
export interface Expression {
  readonly declaration: Declaration;
  /** Such as `a.b[0]`, for the report of a cycle; empty inside the arguments of functions. */
  readonly path: string;
  /** The imported value that this one lies over. */
  readonly base: Value | undefined;
  readonly items: readonly Expression[];
  readonly properties: ReadonlyMap<string, Expression>;
  /** The arguments of a function, or the literal of a secret. */
  readonly inner: readonly Expression[];
  state: "new" | "evaluating" | "done";
  value: Value | undefined;
}

/** Prepares a declaration for evaluation; `duplicate` hears of keys that occur twice (the first one counts). */
export function toExpression(
  declaration: Declaration,
  path: string,
  base: Value | undefined,
  duplicate: (range: SourceRange, key: string) => void,
): Expression {
  const argument = (inner: Declaration): Expression => toExpression(inner, "", undefined, duplicate);
  const items: Expression[] = [];
  const properties = new Map<string, Expression>();
  if (declaration.form === "list") {
    for (const [index, item] of declaration.items.entries()) {
      items.push(toExpression(item, `${path}[${index}]`, undefined, duplicate));
    }
  }
  if (declaration.form === "map") {
    for (const { key, keyRange, value } of declaration.entries) {
      if (properties.has(key)) duplicate(keyRange, key);
      else properties.set(key, toExpression(value, joinKey(path, key), propertyOf(base, key), duplicate));
    }
  }
  return {
    declaration,
    path,
    base,
    items,
    properties,
    inner: argumentsOf(declaration).map(argument),
    state: "new",
    value: undefined,
  };
}

function argumentsOf(declaration: Declaration): readonly Declaration[] {
  if (declaration.form === "call") return [declaration.argument];
  if (declaration.form === "call2") return [declaration.delimiter, declaration.subject];
  return declaration.form === "plaintext" ? [declaration.literal] : [];
}

/** Joins a key to the path of its parents, with brackets and quotes where it is no identifier. */
export function joinKey(path: string, key: string): string {
  if (key === "") return path;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${path}["${key.replaceAll('"', '\\"')}"]`;
  return path === "" ? key : `${path}.${key}`;
}
