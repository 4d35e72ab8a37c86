/** What does the text of an environment say, and where? YAML text to syntax nodes, with what ESC refuses: aliases and keys that are no strings. */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Node,
  type Scalar,
  type YAMLError,
} from "yaml";
import { attachComments, type CommentOwner } from "./comments";
import { resolvePlain, resolveTagged } from "./scalars";
import {
  noComments,
  type Comments,
  type Diagnostic,
  type ListItem,
  type MapEntry,
  type ScalarNode,
  type ScalarStyle,
  type SourcePosition,
  type SourceRange,
  type SyntaxNode,
} from "./syntax";

/** The outcome: `root` is left out when the text could not be read. */
export interface ParsedYaml {
  readonly root?: SyntaxNode;
  readonly diagnostics: readonly Diagnostic[];
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

/** What yaml.v3 says for the mistakes that people make; other texts differ from Go's behind `yaml: line N: `. */
const SYNTAX_TEXTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "found character that cannot start any token",
  MISSING_CHAR: "could not find expected ':'",
  BAD_INDENT: "did not find expected key",
  BAD_SCALAR_START: "found character that cannot start any token",
};

/** What was parsed last, the oldest first: every look at an environment needs the same few texts, and nobody changes a node. */
const remembered = new Map<string, ParsedYaml>();
const REMEMBERED_TEXTS = 32;

/** Parses one environment. `environment` is the name that ranges carry. */
export function parseYaml(environment: string, source: string): ParsedYaml {
  const key = `${environment}\0${source}`;
  const parsed = remembered.get(key) ?? parseText(environment, source);
  remembered.delete(key);
  remembered.set(key, parsed);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= REMEMBERED_TEXTS) break;
    remembered.delete(oldest);
  }
  return parsed;
}

function parseText(environment: string, source: string): ParsedYaml {
  const text = source.replaceAll("\r\n", "\n");
  const [document] = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    stringKeys: false,
  });
  const positions = new Positions(text, environment);
  if (text === "") return { root: emptyMap(positions), diagnostics: [] };
  const problem = document && "errors" in document ? document.errors[0] : undefined;
  if (problem) return { diagnostics: [syntaxError(problem, positions)] };
  if (!document || !("contents" in document) || document.contents === null) {
    return { diagnostics: [{ severity: "error", summary: "environment must be an object" }] };
  }
  const missing = missingAnchor(document);
  if (missing !== undefined) {
    return { diagnostics: [{ severity: "error", summary: `yaml: unknown anchor '${missing}' referenced` }] };
  }
  const reader = new Reader(text, positions);
  const root = reader.readRoot(document.contents);
  attachComments(text, reader.owners, (offset) => reader.isInFlow(offset));
  return { ...(root ? { root } : {}), diagnostics: reader.diagnostics };
}

function emptyMap(positions: Positions): SyntaxNode {
  return { kind: "map", flow: true, entries: [], range: positions.range(0, 0) };
}

function syntaxError(problem: YAMLError, positions: Positions): Diagnostic {
  const { line } = positions.at(problem.pos[0]);
  return { severity: "error", summary: `yaml: line ${line}: ${SYNTAX_TEXTS[problem.code] ?? problem.message}` };
}

function missingAnchor(document: Parameters<typeof visit>[0]): string | undefined {
  const anchors = new Set<string>();
  let missing: string | undefined;
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor) anchors.add(node.anchor);
      if (isAlias(node) && !anchors.has(node.source)) missing ??= node.source;
    },
  });
  return missing;
}

/** Offsets to lines, columns and bytes. */
class Positions {
  private readonly starts: number[] = [0];
  private readonly isAscii: boolean;

  constructor(
    private readonly text: string,
    private readonly environment: string,
  ) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
    this.isAscii = Buffer.byteLength(text) === text.length;
  }

  at(offset: number): SourcePosition {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const start = this.starts[low - 1] ?? 0;
    if (this.isAscii) return { line: low, column: offset - start + 1, byte: offset };
    const column = Array.from(this.text.slice(start, offset)).length + 1;
    return { line: low, column, byte: Buffer.byteLength(this.text.slice(0, offset)) };
  }

  range(begin: number, end: number): SourceRange {
    return { environment: this.environment, begin: this.at(begin), end: this.at(end) };
  }
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly owners: CommentOwner[] = [];
  private readonly flows: (readonly [number, number])[] = [];

  constructor(
    private readonly text: string,
    private readonly positions: Positions,
  ) {}

  isInFlow(offset: number): boolean {
    return this.flows.some(([begin, end]) => offset > begin && offset < end);
  }

  readRoot(node: Node): SyntaxNode | undefined {
    const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
    if (isBlock) return this.read(node, undefined);
    const comments = noComments();
    const root = this.read(node, this.own(node.range?.[0] ?? 0, comments, undefined, false));
    return root && { ...root, comments };
  }

  /** Undefined when the node is one that ESC refuses; the diagnostic has been written. */
  read(node: Node, owner: CommentOwner | undefined): SyntaxNode | undefined {
    const [begin = 0, end = 0] = node.range ?? [];
    if (isAlias(node)) {
      this.refuse(this.positions.range(begin, begin + node.source.length), "alias nodes are not supported");
      return undefined;
    }
    if (isScalar(node)) return this.readScalar(node, begin);
    const tag = node.tag === undefined ? {} : { tag: shortTag(node.tag) };
    const flow = (node as { flow?: boolean }).flow === true;
    if (flow) this.flows.push([begin, end]);
    if (isSeq(node)) {
      const items = node.items.flatMap((item) => this.readItem(item as Node, flow, owner));
      return { kind: "list", flow, items, range: this.rangeOf(begin, items.at(-1)?.value), ...tag };
    }
    if (!isMap(node)) return undefined;
    const entries = node.items.flatMap((pair) =>
      this.readEntry(pair as { key: Node; value: Node | null }, flow, owner),
    );
    return { kind: "map", flow, entries, range: this.rangeOf(begin, entries.at(-1)?.value), ...tag };
  }

  private readItem(item: Node, flow: boolean, parent: CommentOwner | undefined): ListItem[] {
    const node = isPair(item) ? undefined : item;
    if (!node) return [];
    const comments = noComments();
    const own = flow ? parent : this.own(this.dashBefore(node.range?.[0] ?? 0), comments, parent, false);
    const value = this.read(node, own);
    return value ? [{ value, comments }] : [];
  }

  private readEntry(
    pair: { key: Node; value: Node | null },
    flow: boolean,
    parent: CommentOwner | undefined,
  ): MapEntry[] {
    const comments = noComments();
    const begin = pair.key.range?.[0] ?? 0;
    const valueBegin = pair.value?.range?.[0] ?? begin;
    const opensBlock = this.positions.at(valueBegin).line > this.positions.at(begin).line;
    const own = flow ? parent : this.own(begin, comments, parent, opensBlock);
    const key = this.read(pair.key, own);
    if (key && (key.kind !== "scalar" || key.type !== "string")) this.refuse(key.range, "mapping keys must be strings");
    const value = pair.value ? this.read(pair.value, own) : this.nullAt(pair.key.range?.[1] ?? begin);
    if (key?.kind !== "scalar" || !value) return [];
    return [{ key, value, comments }];
  }

  private own(offset: number, comments: Comments, parent: CommentOwner | undefined, opensBlock: boolean): CommentOwner {
    const { line, column } = this.positions.at(offset);
    const owner: CommentOwner = { line, column, comments, parent, opensBlock };
    this.owners.push(owner);
    return owner;
  }

  private dashBefore(offset: number): number {
    const dash = this.text.lastIndexOf("-", offset - 1);
    return dash < 0 ? offset : dash;
  }

  private nullAt(offset: number): ScalarNode {
    return { kind: "scalar", type: "null", text: "", style: "plain", range: this.positions.range(offset, offset) };
  }

  private readScalar(node: Scalar, begin: number): ScalarNode | undefined {
    const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
    const text = this.scalarText(node, style);
    const range = this.scalarRange(text, style, begin);
    const tag = node.tag === undefined ? undefined : shortTag(node.tag);
    const resolved = tag
      ? resolveTagged(tag, text)
      : style === "plain"
        ? resolvePlain(text)
        : { tag: "!!str" as const };
    if (!resolved) {
      this.refuse(range, `yaml: cannot decode ${resolvePlain(text).tag} \`${text}\` as a ${tag}`);
      return undefined;
    }
    const base = { kind: "scalar" as const, text, style, range, ...(tag ? { tag } : {}) };
    if (resolved.tag === "!!null") return { ...base, type: "null" };
    if (resolved.boolean !== undefined) return { ...base, type: "boolean", boolean: resolved.boolean };
    if (resolved.number !== undefined) return { ...base, type: "number", number: resolved.number };
    return { ...base, type: "string" };
  }

  /** yaml.v3 ends a block scalar without a newline when the text ends without one. */
  private scalarText(node: Scalar, style: ScalarStyle): string {
    const text = typeof node.value === "string" ? node.value : "";
    const isBlock = style === "literal" || style === "folded";
    if (!isBlock || !text.endsWith("\n") || (node.range?.[1] ?? 0) < this.text.length) return text;
    return /\S[^\n]*$/.test(this.text.slice(this.text.lastIndexOf("\n") + 1)) ? text.slice(0, -1) : text;
  }

  /** As ESC computes it: the length of the value, not of its source, so quotes do not count. */
  private scalarRange(text: string, style: ScalarStyle, begin: number): SourceRange {
    const start = this.positions.at(begin);
    const rows = style === "literal" ? text.split("\n") : [text];
    const width = Array.from(rows.at(-1) ?? "").length;
    const end = {
      line: start.line + rows.length - 1,
      column: start.column + width,
      byte: start.byte + Buffer.byteLength(text),
    };
    return { environment: this.positions.range(begin, begin).environment, begin: start, end };
  }

  private rangeOf(begin: number, last: SyntaxNode | undefined): SourceRange {
    const range = this.positions.range(begin, begin);
    return last ? { ...range, end: last.range.end } : range;
  }

  private refuse(range: SourceRange, summary: string): void {
    this.diagnostics.push({ severity: "error", summary, range });
  }
}

function shortTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, "!!");
}
