/** What does an environment declare? Syntax nodes to imports and expressions; wrong shapes and unknown functions are reported here. */
import {
  plainString,
  type Diagnostic,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type SourceRange,
  type SyntaxNode,
} from "../yaml/syntax";
import { parseInterpolation, type Accessor, type Part } from "./interpolation";
import { sortByEditDistance } from "./spelling";

/** The functions of one argument that is evaluated first. */
export type SimpleFunction =
  "concat" | "final" | "fromBase64" | "fromJSON" | "toBase64" | "toJSON" | "toString" | "toYAML" | "unsupported";

interface DeclarationBase {
  readonly range: SourceRange;
}

/** A value as it was declared, not yet evaluated. */
export type Declaration = DeclarationBase &
  (
    | { readonly form: "literal"; readonly node: ScalarNode; readonly text: string }
    | { readonly form: "interpolation"; readonly parts: readonly Part[] }
    | { readonly form: "reference"; readonly accessors: readonly Accessor[] }
    | { readonly form: "list"; readonly items: readonly Declaration[] }
    | { readonly form: "map"; readonly entries: readonly DeclaredEntry[] }
    | { readonly form: "plaintext"; readonly literal: Declaration }
    | { readonly form: "ciphertext"; readonly ciphertext: string }
    | { readonly form: "call"; readonly name: SimpleFunction; readonly argument: Declaration; readonly called: string }
    | {
        readonly form: "call2";
        readonly name: "join" | "split";
        readonly delimiter: Declaration;
        readonly subject: Declaration;
      }
  );

/** A named value; `keyRange` is where the name stands. */
export interface DeclaredEntry {
  readonly key: string;
  readonly keyRange: SourceRange;
  readonly value: Declaration;
}

/** One element of `imports`; `name` may carry a version, as in `project/name@stable`. */
export interface DeclaredImport {
  readonly name: string;
  readonly merge: boolean;
  readonly range: SourceRange;
}

/** A whole environment. */
export interface DeclaredEnvironment {
  readonly imports: readonly DeclaredImport[];
  readonly values: readonly DeclaredEntry[];
}

const FIELDS = ["description", "imports", "values"];

const SIMPLE_FUNCTIONS: ReadonlyMap<string, SimpleFunction> = new Map(
  (["concat", "final", "fromBase64", "fromJSON", "toBase64", "toJSON", "toString", "toYAML"] as const).map(
    (name): [string, SimpleFunction] => [`fn::${name}`, name],
  ),
);

/** Reads the declarations of an environment. */
export function declareEnvironment(root: SyntaxNode): { environment: DeclaredEnvironment; diagnostics: Diagnostic[] } {
  const reader = new DeclarationReader();
  const environment = reader.environment(root);
  return { environment, diagnostics: reader.diagnostics };
}

class DeclarationReader {
  readonly diagnostics: Diagnostic[] = [];

  environment(root: SyntaxNode): DeclaredEnvironment {
    const found: { imports: DeclaredImport[]; values: DeclaredEntry[] } = { imports: [], values: [] };
    if (root.kind !== "map") {
      this.fail(root.range, "environment must be an object");
      return found;
    }
    const seen = new Set<string>();
    for (const { key, value } of root.entries) {
      if (seen.has(key.text)) this.fail(key.range, `duplicate key ${JSON.stringify(key.text)}`, "warning");
      seen.add(key.text);
      const field = FIELDS.find((name) => name === key.text.toLowerCase());
      if (field === "imports") found.imports = this.imports(value);
      else if (field === "values") found.values = this.values(value);
      else if (field === "description") this.description(value);
      else this.unknownField(key);
    }
    return found;
  }

  private description(value: SyntaxNode): void {
    const declared = this.declare(value);
    if (declared.form !== "literal" || declared.node.type !== "string") {
      this.fail(value.range, "description must be a string");
    }
  }

  private unknownField(key: ScalarNode): void {
    const existing = sortByEditDistance(
      key.text,
      FIELDS.map((name) => `'${name}'`),
    ).join(", ");
    const summary = `Field '${key.text}' does not exist on Object 'environment'. Existing fields are: ${existing}`;
    this.fail(key.range, summary, "warning");
  }

  private imports(node: SyntaxNode): DeclaredImport[] {
    if (node.kind !== "list") {
      this.fail(node.range, "imports must be a list");
      return [];
    }
    return node.items.flatMap(({ value }): DeclaredImport[] => {
      if (value.kind === "scalar" && value.type === "string") {
        return [{ name: value.text, merge: true, range: value.range }];
      }
      if (value.kind !== "map") {
        this.fail(value.range, "import must be a string or an object");
        return [];
      }
      const [entry] = value.entries;
      if (value.entries.length !== 1 || !entry) {
        this.fail(value.range, "import must have a single key");
        return [];
      }
      return [{ name: entry.key.text, merge: this.isMerged(entry), range: entry.key.range }];
    });
  }

  private isMerged({ value }: MapEntry): boolean {
    if (value.kind !== "map") {
      this.fail(value.range, "import must be an object");
      return true;
    }
    const merge = value.entries.find(({ key }) => key.text.toLowerCase() === "merge")?.value;
    if (!merge) return true;
    if (merge.kind === "scalar" && merge.type === "boolean") return merge.boolean ?? true;
    this.fail(merge.range, "merge must be a boolean value");
    return true;
  }

  private values(node: SyntaxNode): DeclaredEntry[] {
    if (node.kind !== "map") {
      this.fail(node.range, "values must be an object");
      return [];
    }
    return node.entries.map((entry) => {
      if (entry.key.text.startsWith("fn::")) {
        const summary = `builtin function call ${JSON.stringify(entry.key.text)} not allowed at the top level`;
        this.fail(entry.key.range, summary);
      }
      return { key: entry.key.text, keyRange: entry.key.range, value: this.declare(entry.value) };
    });
  }

  private declare(node: SyntaxNode): Declaration {
    const { range } = node;
    if (node.kind === "list") {
      return { form: "list", range, items: node.items.map(({ value }) => this.declare(value)) };
    }
    if (node.kind === "map") return this.call(node) ?? this.map(node);
    if (node.type !== "string") return { form: "literal", range, node, text: node.text };
    const { parts, diagnostics } = parseInterpolation(node);
    this.diagnostics.push(...diagnostics);
    const [first] = parts;
    if (parts.length === 0) return { form: "literal", range, node, text: "" };
    if (parts.length > 1 || !first) return { form: "interpolation", range, parts };
    if (!first.reference) return { form: "literal", range, node, text: first.text };
    if (first.text === "") return { form: "reference", range, accessors: first.reference };
    return { form: "interpolation", range, parts };
  }

  private map(node: MapNode): Declaration {
    const entries = node.entries.flatMap(({ key, value }): DeclaredEntry[] => {
      const name = this.declare(key);
      const declared = this.declare(value);
      if (name.form === "literal") return [{ key: name.text, keyRange: key.range, value: declared }];
      this.fail(key.range, "object keys must be strings");
      return [];
    });
    return { form: "map", range: node.range, entries };
  }

  /** A mapping with one key that names a function is a call. */
  private call(node: MapNode): Declaration | undefined {
    const [entry] = node.entries;
    if (node.entries.length !== 1 || !entry) {
      for (const { key } of node.entries.filter((candidate) => candidate.key.text.startsWith("fn::"))) {
        const only = `${JSON.stringify(key.text)} must be the only key within its containing object`;
        this.fail(node.range, `illegal call to builtin function: ${only}`);
      }
      return undefined;
    }
    const called = entry.key.text;
    const { range } = node;
    const simple = SIMPLE_FUNCTIONS.get(called);
    if (called === "fn::secret") return this.secret(entry, range);
    if (called === "fn::join" || called === "fn::split") return this.twoArguments(called, entry.value, range);
    if (simple) return this.simpleCall(simple, called, entry.value, range);
    if (/^fn::(open|rotate)(::|$)|^fn::validate$/.test(called)) {
      return { form: "call", name: "unsupported", called, range, argument: this.declare(entry.value) };
    }
    if (called.toLowerCase().startsWith("fn::")) this.fail(entry.key.range, "'fn::' is a reserved prefix");
    return undefined;
  }

  private simpleCall(name: SimpleFunction, called: string, node: SyntaxNode, range: SourceRange): Declaration {
    const argument = this.declare(node);
    if (name === "concat" && argument.form !== "list") {
      this.fail(node.range, "the argument to fn::concat must be an array of arrays");
    }
    return { form: "call", name, called, range, argument };
  }

  private twoArguments(called: "fn::join" | "fn::split", node: SyntaxNode, range: SourceRange): Declaration {
    const argument = this.declare(node);
    const [delimiter, subject] = argument.form === "list" ? argument.items : [];
    if (argument.form === "list" && argument.items.length === 2 && delimiter && subject) {
      return { form: "call2", name: called === "fn::join" ? "join" : "split", range, delimiter, subject };
    }
    this.fail(node.range, `the argument to ${called} must be a two-valued list`);
    return argument;
  }

  private secret({ value }: MapEntry, range: SourceRange): Declaration {
    const [inner] = value.kind === "map" && value.entries.length === 1 ? value.entries : [];
    if (inner?.key.text === "ciphertext" && inner.value.kind === "scalar" && inner.value.type === "string") {
      const ciphertext = this.declare(inner.value);
      if (ciphertext.form === "literal") return { form: "ciphertext", range, ciphertext: ciphertext.text };
    }
    const literal = this.declare(value);
    if (literal.form === "literal" && literal.node.type === "string") return { form: "plaintext", range, literal };
    this.fail(value.range, "secret values must be string literals");
    const node = plainString("", value.range);
    return { form: "plaintext", range, literal: { form: "literal", range: value.range, node, text: "" } };
  }

  private fail(range: SourceRange, summary: string, severity: "error" | "warning" = "error"): void {
    this.diagnostics.push({ severity, summary, range });
  }
}
