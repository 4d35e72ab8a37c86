/** Where does a string refer to other values? Splits `text ${a.b["c"][0]} text` into parts; `$$` is a dollar sign. https://www.pulumi.com/docs/esc/environments/syntax/ */
import { type Diagnostic, type ScalarNode, type SourceRange } from "../yaml/syntax";

/** One step of a reference: a property name, a key in quotes, or a list index. */
export interface Accessor {
  readonly kind: "name" | "subscript";
  readonly key: string | number;
  /** Known for plain scalars on one line only. */
  readonly range: SourceRange | undefined;
}

/** Literal text, followed by a reference unless it is the last part. */
export interface Part {
  readonly text: string;
  readonly reference?: readonly Accessor[];
}

/** Splits the text of a scalar. */
export function parseInterpolation(node: ScalarNode): { parts: readonly Part[]; diagnostics: readonly Diagnostic[] } {
  if (!node.text.includes("$")) {
    return { parts: node.text === "" ? [] : [{ text: node.text }], diagnostics: [] };
  }
  const parts: Part[] = [];
  const diagnostics: Diagnostic[] = [];
  let text = "";
  let at = 0;
  while (at < node.text.length) {
    if (node.text.startsWith("$$", at)) {
      text += "$";
      at += 2;
    } else if (node.text.startsWith("${", at)) {
      const parser = new ReferenceParser(node, at + 2, diagnostics);
      parts.push({ text, reference: parser.parse() });
      text = "";
      at = parser.at;
    } else {
      text += node.text[at];
      at += 1;
    }
  }
  if (text !== "") parts.push({ text });
  return { parts, diagnostics };
}

class ReferenceParser {
  private readonly accessors: Accessor[] = [];

  constructor(
    private readonly node: ScalarNode,
    public at: number,
    private readonly diagnostics: Diagnostic[],
  ) {}

  parse(): readonly Accessor[] {
    for (;;) {
      const character = this.peek();
      if (character === undefined || /\s/.test(character)) {
        this.fail(this.at, "missing closing brace '}' in interpolation");
        return this.finish(this.at);
      }
      const start = this.at;
      if (character === "}") {
        this.at += 1;
        return this.finish(start);
      }
      if (character === "." || character === "[") this.at += 1;
      this.accessors.push(character === "[" ? this.subscript(start) : this.name(start));
    }
  }

  private finish(start: number): readonly Accessor[] {
    if (this.accessors.length === 0) this.accessors.push({ kind: "name", key: "", range: this.rangeFrom(start) });
    return this.accessors;
  }

  private name(start: number): Accessor {
    const key = this.take(/^[^.[}\s]*/);
    if (key === "") this.fail(start, "property name must not be empty");
    return { kind: "name", key, range: this.rangeFrom(start) };
  }

  private subscript(start: number): Accessor {
    if (this.peek() === undefined) {
      this.fail(start, "subscript is missing closing bracket ']'");
      return { kind: "subscript", key: "", range: this.rangeFrom(start) };
    }
    const key = this.peek() === '"' ? this.quotedKey(start) : this.index(start);
    if (this.peek() === "]") this.at += 1;
    else this.fail(start, "subscript is missing closing bracket ']'");
    return { kind: "subscript", key, range: this.rangeFrom(start) };
  }

  private quotedKey(start: number): string {
    this.at += 1;
    const key = this.take(/^(?:\\"|[^"])*/).replaceAll('\\"', '"');
    if (this.peek() === undefined) {
      this.fail(start + 1, "key subscript is missing closing quote '\"'");
      return key;
    }
    this.at += 1;
    if (key === "") this.fail(start + 1, "key subscript must not be empty");
    return key;
  }

  private index(start: number): string | number {
    const text = this.take(/^[^\].[}\s]*/);
    if (!/^[-+]?[0-9]+$/.test(text)) {
      this.fail(start + 1, "numeric subscript must be a positive base-10 integer");
      return text;
    }
    if (this.accessors.length === 0) {
      this.fail(start, "the first accessor must be a property name or key subscript, not a numeric subscript");
    }
    return Number(text);
  }

  private peek(): string | undefined {
    return this.node.text[this.at];
  }

  private take(expression: RegExp): string {
    const taken = expression.exec(this.node.text.slice(this.at))?.[0] ?? "";
    this.at += taken.length;
    return taken;
  }

  private fail(start: number, summary: string): void {
    this.diagnostics.push({ severity: "error", summary, range: this.rangeFrom(start) ?? this.node.range });
  }

  /** Offsets in the value are offsets in the source only while nothing was quoted, escaped or folded. */
  private rangeFrom(start: number): SourceRange | undefined {
    const { range, style, text } = this.node;
    if (style !== "plain" || range.begin.line !== range.end.line) return undefined;
    const move = (offset: number): SourceRange["begin"] => ({
      line: range.begin.line,
      column: range.begin.column + Array.from(text.slice(0, offset)).length,
      byte: range.begin.byte + offset,
    });
    return { environment: range.environment, begin: move(start), end: move(this.at) };
  }
}
