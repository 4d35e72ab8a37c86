/** What is an environment's text made of? Syntax nodes with their source ranges, comments and styles, before any meaning is given to them. */

/** A place in a text. Lines and columns count from 1 (columns in code points), bytes from 0. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  readonly byte: number;
}

/** A stretch of the text of one environment (named `project/name`, or `<yaml>` when it has no name). */
export interface SourceRange {
  readonly environment: string;
  readonly begin: SourcePosition;
  readonly end: SourcePosition;
}

/** Something to tell the author of an environment; the shape that ESC's REST API sends. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  /** Left out when the text could not be read at all. */
  readonly range?: SourceRange;
}

/** How a scalar was written. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/** The comments of a mapping entry or list item, `#` included, lines joined by newlines. */
export interface Comments {
  head: string;
  line: string;
  foot: string;
}

interface NodeBase {
  readonly range: SourceRange;
  /** An explicit tag such as `!!int` or `!custom`. */
  readonly tag?: string;
  /** Of a document that is one line or flow collection; everywhere else comments belong to entries. */
  readonly comments?: Comments;
}

/** A scalar: `text` is what was written with quotes and escapes undone, `number` the text of a number as Go prints it. */
export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly type: "null" | "boolean" | "number" | "string";
  readonly text: string;
  readonly boolean?: boolean;
  readonly number?: string;
  readonly style: ScalarStyle;
}

/** An item of a list. */
export interface ListItem {
  readonly value: SyntaxNode;
  readonly comments: Comments;
}

/** A list; `flow` is the `[a, b]` style. */
export interface ListNode extends NodeBase {
  readonly kind: "list";
  readonly flow: boolean;
  readonly items: readonly ListItem[];
}

/** An entry of a mapping. */
export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: SyntaxNode;
  readonly comments: Comments;
}

/** A mapping; `flow` is the `{a: b}` style. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly flow: boolean;
  readonly entries: readonly MapEntry[];
}

export type SyntaxNode = ScalarNode | ListNode | MapNode;

/** Comments of an entry that has none. */
export function noComments(): Comments {
  return { head: "", line: "", foot: "" };
}

/** A plain string that no text stands behind, at the place of another node. */
export function plainString(text: string, range: SourceRange): ScalarNode {
  return { kind: "scalar", type: "string", text, style: "plain", range };
}
