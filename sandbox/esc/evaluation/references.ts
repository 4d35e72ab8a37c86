/** What does `${a.b[0]}` refer to? A walk through expressions that are evaluated only where it ends, then through values. */
import { quoteText } from "../go-text";
import { type SourceRange } from "../yaml/syntax";
import { type Expression } from "./expressions";
import { type Report } from "./functions";
import { type Accessor } from "./interpolation";
import { nearestName } from "./spelling";
import { asList, asMap, isObject, unknown, type Value } from "./values";

/** What the walk needs from the evaluation around it. */
export interface ReferenceContext {
  readonly report: Report;
  readonly evaluate: (expression: Expression) => Value;
  readonly importEnvironment: (imported: { name: string }, range: SourceRange) => Value | undefined;
}

/** The references of one environment. */
export class References {
  private root: Expression | undefined;
  private imports: Value | undefined;
  private context: Value | undefined;

  constructor(private readonly outer: ReferenceContext) {}

  /** Must be called before the first reference is followed. */
  start(root: Expression, imports: Value, context: Value): void {
    this.root = root;
    this.imports = imports;
    this.context = context;
  }

  /** The value that `from` refers to; unknown, with a report, when there is none. */
  follow(from: Expression, accessors: readonly Accessor[]): Value {
    const [first, ...rest] = accessors;
    const { range } = from.declaration;
    if (first?.key === "imports" && this.imports) return this.throughValue(range, this.imports, rest);
    if (first?.key === "context" && this.context) return this.throughValue(range, this.context, rest);
    if (first?.key === "environments") return this.throughEnvironment(range, accessors);
    return this.throughExpressions(range, accessors);
  }

  private throughExpressions(range: SourceRange, accessors: readonly Accessor[]): Value {
    let receiver = this.root;
    for (let index = 0; index < accessors.length; index += 1) {
      const accessor = accessors[index];
      if (!receiver || !accessor) return this.missing(range, range, "internal error: no receiver");
      const { form } = receiver.declaration;
      if (form === "plaintext" || form === "ciphertext") {
        // As the real evaluator does: a secret is walked through to its literal, which ciphertext has not.
        receiver = receiver.inner[0];
        index -= 1;
      } else if (form === "list") {
        const found = this.indexIn(range, accessor, receiver.items.length);
        if (found === undefined) return unknown("any", range);
        receiver = receiver.items[found];
      } else if (form === "map") {
        const key = this.keyOf(range, accessor);
        if (key === undefined) return unknown("any", range);
        const property = receiver.properties.get(key);
        if (!property && isObject(receiver.base)) {
          return this.throughValue(range, receiver.base, accessors.slice(index));
        }
        if (!property) return this.unknownProperty(range, accessor, key, receiver.properties.keys());
        receiver = property;
      } else {
        return this.throughValue(range, this.outer.evaluate(receiver), accessors.slice(index));
      }
    }
    return receiver ? this.outer.evaluate(receiver) : unknown("any", range);
  }

  private throughValue(range: SourceRange, start: Value, accessors: readonly Accessor[]): Value {
    let receiver = start;
    for (const [index, accessor] of accessors.entries()) {
      if (receiver.unknown) return this.throughUnknown(range, receiver, accessor);
      const list = asList(receiver);
      const map = asMap(receiver);
      if (list) {
        const found = this.indexIn(range, accessor, list.length);
        const item = found === undefined ? undefined : list[found];
        if (!item) return unknown("any", range);
        receiver = item;
      } else if (map) {
        const key = this.keyOf(range, accessor);
        if (key === undefined) return unknown("any", range);
        const property = map.get(key);
        if (!property && isObject(receiver.base)) {
          return this.throughValue(range, receiver.base, accessors.slice(index));
        }
        if (!property) return this.unknownProperty(range, accessor, key, map.keys());
        receiver = property;
      } else {
        return this.missing(range, accessor.range ?? range, "receiver must be an array or an object");
      }
    }
    return receiver;
  }

  private throughUnknown(range: SourceRange, receiver: Value, accessor: Accessor): Value {
    if (receiver.kind === "array") this.indexIn(range, accessor, Infinity);
    else if (receiver.kind === "object") this.keyOf(range, accessor);
    else if (receiver.kind !== "any") {
      return this.missing(range, accessor.range ?? range, "receiver must be an array or an object");
    }
    return unknown("any", range);
  }

  /** `environments.project.name.key` imports in passing. */
  private throughEnvironment(range: SourceRange, accessors: readonly Accessor[]): Value {
    const [, project, name] = accessors;
    if (!project || !name) return unknown("any", range);
    const [projectKey, nameKey] = [this.keyOf(range, project), this.keyOf(range, name)];
    if (projectKey === undefined || nameKey === undefined) return unknown("any", range);
    const value = this.outer.importEnvironment({ name: `${projectKey}/${nameKey}` }, range);
    return this.throughValue(range, value ?? unknown("any", range), accessors.slice(3));
  }

  private indexIn(range: SourceRange, accessor: Accessor, length: number): number | undefined {
    const { key } = accessor;
    const at = accessor.range ?? range;
    if (accessor.kind === "name" || typeof key === "string") {
      this.outer.report(at, "cannot access an array element using a property name");
      return undefined;
    }
    if (key < 0) this.outer.report(at, "array indices must not be negative");
    else if (key >= length) this.outer.report(at, `array index ${key} out-of-bounds for array of length ${length}`);
    else return key;
    return undefined;
  }

  private keyOf(range: SourceRange, accessor: Accessor): string | undefined {
    if (typeof accessor.key === "string") return accessor.key;
    this.outer.report(accessor.range ?? range, "cannot access an object property using an integer index");
    return undefined;
  }

  private unknownProperty(range: SourceRange, accessor: Accessor, key: string, keys: Iterable<string>): Value {
    const nearest = nearestName(key, keys);
    const hint = nearest === undefined ? "" : `; did you mean ${quoteText(nearest)}?`;
    return this.missing(range, accessor.range ?? range, `unknown property ${quoteText(key)}${hint}`);
  }

  private missing(range: SourceRange, at: SourceRange, summary: string): Value {
    this.outer.report(at, summary);
    return unknown("any", range);
  }
}
