/**
 * What does an environment evaluate to? Imports first, later ones over earlier ones, then the environment's own values over them.
 * Errors do not stop the evaluation: what depends on them becomes unknown. Held to recordings of the esc evaluator by test/data/esc-evaluation.json.
 */
import { NumberText, quoteText } from "../go-text";
import { parseYaml } from "../yaml/parse";
import { type Diagnostic, type SourceRange } from "../yaml/syntax";
import { declareEnvironment, type DeclaredEnvironment, type DeclaredImport } from "./declaration";
import { joinKey, toExpression, type Expression } from "./expressions";
import { callSimple, join, split, type Report } from "./functions";
import { type Accessor, type Part } from "./interpolation";
import { References } from "./references";
import { known, overBase, propertyOf, textOf, unknown, type Value } from "./values";

/** A text to evaluate. */
export interface LoadedEnvironment {
  readonly text: string;
  /** Opens a secret; undefined when the ciphertext is not one of this environment's. Left out, ciphertext stays unknown. */
  readonly decrypt?: (ciphertext: string) => string | undefined;
}

/** Options of {@link evaluateEnvironment}. */
export interface EvaluateOptions {
  /** Finds an imported environment by the name in `imports`, version included; undefined when there is none. */
  readonly load: (name: string) => LoadedEnvironment | undefined;
  /** False leaves ciphertext unknown, as a check without `showSecrets` does. @default true */
  readonly decrypt?: boolean;
}

/** The outcome; `value` is left out when there is nothing to evaluate or the text has errors of form. */
export interface Evaluated {
  readonly value?: Value;
  readonly diagnostics: readonly Diagnostic[];
}

/** Evaluates an environment named `project/name`. */
export function evaluateEnvironment(name: string, source: LoadedEnvironment, options: EvaluateOptions): Evaluated {
  const declared = readEnvironment(name, source.text);
  if (!declared.environment) return { diagnostics: declared.diagnostics };
  const { imports, values } = declared.environment;
  if (imports.length === 0 && values.length === 0) return { diagnostics: declared.diagnostics };
  const shared: Shared = { options, rootName: name, imports: new Map(), diagnostics: [...declared.diagnostics] };
  const value = new EnvironmentEvaluation(name, declared.environment, source, shared).evaluate();
  return { value, diagnostics: shared.diagnostics };
}

/** Reads an environment without evaluating it; `environment` is left out when there are errors. */
export function readEnvironment(
  name: string,
  text: string,
): { environment?: DeclaredEnvironment; diagnostics: readonly Diagnostic[] } {
  const parsed = parseYaml(name, text);
  if (!parsed.root || parsed.diagnostics.length > 0) return { diagnostics: parsed.diagnostics };
  const { environment, diagnostics } = declareEnvironment(parsed.root);
  return hasErrors(diagnostics) ? { diagnostics } : { environment, diagnostics };
}

/** Whether anything is worse than a warning. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

interface Shared {
  readonly options: EvaluateOptions;
  readonly rootName: string;
  /** Every environment of the closure is evaluated once; without a value it is being evaluated. */
  readonly imports: Map<string, { value?: Value }>;
  readonly diagnostics: Diagnostic[];
}

const ORIGIN = { line: 0, column: 0, byte: 0 };
const RESERVED = ["imports", "context", "environments"];

class EnvironmentEvaluation {
  private readonly nowhere: SourceRange;
  private readonly references: References;

  constructor(
    private readonly name: string,
    private readonly declared: DeclaredEnvironment,
    private readonly source: LoadedEnvironment,
    private readonly shared: Shared,
  ) {
    this.nowhere = { environment: name, begin: ORIGIN, end: ORIGIN };
    this.references = new References({
      report: this.report,
      evaluate: (expression) => this.evaluateExpression(expression),
      importEnvironment: (imported, range) => this.import(imported, range),
    });
  }

  evaluate(): Value {
    const mine: { value?: Value } = {};
    this.shared.imports.set(this.name, mine);
    const { base, byName } = this.evaluateImports();
    const root = this.declareRoot(base);
    this.references.start(root, known(byName, this.nowhere), this.context());
    const value = this.evaluateExpression(root);
    mine.value = value;
    return value;
  }

  private readonly report: Report = (range, summary) => {
    this.shared.diagnostics.push({ severity: "error", summary, range });
  };

  private context(): Value {
    const named = (name: string): Value => known(new Map([["name", known(name, this.nowhere)]]), this.nowhere);
    const content = new Map([
      ["currentEnvironment", named(this.name)],
      ["rootEnvironment", named(this.shared.rootName)],
    ]);
    return known(content, this.nowhere);
  }

  private evaluateImports(): { base: Value | undefined; byName: Map<string, Value> } {
    const byName = new Map<string, Value>();
    let base: Value | undefined;
    for (const imported of this.declared.imports) {
      const value = this.import(imported, imported.range);
      if (!value) continue;
      byName.set(imported.name, value);
      if (imported.merge) base = overBase(value, base);
    }
    return { base, byName };
  }

  private import({ name }: Pick<DeclaredImport, "name">, range: SourceRange): Value | undefined {
    const known = this.shared.imports.get(name);
    if (known) {
      if (!known.value) this.report(range, `cyclic import of ${name}`);
      return known.value;
    }
    const loaded = this.shared.options.load(name);
    if (!loaded) {
      this.report(range, "not found");
      return undefined;
    }
    const { environment, diagnostics } = readEnvironment(name, loaded.text);
    this.shared.diagnostics.push(...diagnostics);
    return environment && new EnvironmentEvaluation(name, environment, loaded, this.shared).evaluate();
  }

  private declareRoot(base: Value | undefined): Expression {
    const duplicate = (range: SourceRange, key: string): void => this.report(range, `duplicate key ${quoteText(key)}`);
    const properties = new Map<string, Expression>();
    for (const { key, keyRange, value } of this.declared.values) {
      if (RESERVED.includes(key)) this.report(keyRange, `${quoteText(key)} is a reserved key`);
      else if (properties.has(key)) duplicate(keyRange, key);
      else properties.set(key, toExpression(value, joinKey("", key), propertyOf(base, key), duplicate));
    }
    const declaration = { form: "map" as const, entries: [], range: this.nowhere };
    const root = toExpression(declaration, `<${this.name}>`, base, duplicate);
    return { ...root, properties };
  }

  private evaluateExpression(expression: Expression): Value {
    const { declaration, base } = expression;
    if (expression.state === "done" && expression.value) return expression.value;
    if (expression.state === "evaluating") {
      this.report(declaration.range, `cyclic reference to ${expression.path}`);
      return unknown("any", declaration.range);
    }
    expression.state = "evaluating";
    if (base?.final) {
      const summary = "cannot override final value";
      this.shared.diagnostics.push({ severity: "warning", summary, range: declaration.range });
      expression.value = base;
    } else {
      expression.value = this.lay(this.compute(expression), expression);
    }
    expression.state = "done";
    return expression.value;
  }

  /** The properties of a declared mapping lie over the base's already, and what is final hides the base. */
  private lay(value: Value, { declaration, base }: Expression): Value {
    if (declaration.form === "call" && declaration.name === "final") return value;
    return declaration.form === "map" && base ? { ...value, base } : overBase(value, base);
  }

  private compute(expression: Expression): Value {
    const { declaration } = expression;
    const call = { range: declaration.range, report: this.report };
    const [first, second] = expression.inner;
    switch (declaration.form) {
      case "literal":
        return literalValue(declaration);
      case "interpolation":
        return this.interpolate(expression, declaration.parts);
      case "reference":
        return this.follow(expression, declaration.accessors);
      case "list":
        return known(
          expression.items.map((item) => this.evaluateExpression(item)),
          declaration.range,
        );
      case "map":
        return this.computeMap(expression);
      case "plaintext":
        return { ...this.evaluateExpression(first as Expression), secret: true };
      case "ciphertext":
        return this.decrypt(declaration.ciphertext, declaration.range);
      case "call":
        return callSimple(declaration.name, declaration.called, this.evaluateExpression(first as Expression), call);
      case "call2": {
        const run = declaration.name === "join" ? join : split;
        return run(this.evaluateExpression(first as Expression), this.evaluateExpression(second as Expression), call);
      }
    }
  }

  /** In the order of the keys, so that cycles are always reported at the same place. */
  private computeMap(expression: Expression): Value {
    const keys = [...expression.properties.keys()].sort();
    const content = new Map<string, Value>();
    for (const key of keys) {
      const property = expression.properties.get(key);
      if (property) content.set(key, this.evaluateExpression(property));
    }
    return known(content, expression.declaration.range);
  }

  private interpolate(expression: Expression, parts: readonly Part[]): Value {
    let text = "";
    let isUnknown = false;
    let secret = false;
    for (const part of parts) {
      const value = part.reference && textOf(this.follow(expression, part.reference));
      text += part.text + (value?.text ?? "");
      isUnknown ||= value?.unknown ?? false;
      secret ||= value?.secret ?? false;
    }
    const { range } = expression.declaration;
    return isUnknown ? unknown("string", range, secret) : known(text, range, secret);
  }

  private follow(expression: Expression, accessors: readonly Accessor[]): Value {
    return { ...this.references.follow(expression, accessors), range: expression.declaration.range };
  }

  private decrypt(ciphertext: string, range: SourceRange): Value {
    if (this.shared.options.decrypt === false || !this.source.decrypt) return unknown("string", range, true);
    const text = this.source.decrypt(ciphertext);
    if (text !== undefined) return known(text, range, true);
    this.report(range, "invalid ciphertext");
    return unknown("string", range, true);
  }
}

function literalValue({
  node,
  text,
  range,
}: {
  node: { type: string; boolean?: boolean; number?: string };
  text: string;
  range: SourceRange;
}): Value {
  if (node.type === "null") return known(null, range);
  if (node.type === "boolean") return known(node.boolean ?? false, range);
  if (node.type === "number") return known(new NumberText(node.number ?? "0"), range);
  return known(text, range);
}
