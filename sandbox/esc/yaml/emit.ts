/** How does ESC rewrite the text of an environment? Indented by two, lists indented, LF, blank lines dropped except behind a foot comment. */
import { scalarText } from "./scalar-text";
import { type Comments, type ScalarNode, type SyntaxNode } from "./syntax";

/** The canonical text of a document, ending with a newline. Writing what was just written gives the same text. `step` is the indentation of a level. */
export function emitYaml(root: SyntaxNode, step = 2): string {
  const head = root.comments?.head ? `${root.comments.head.trimEnd()}\n` : "";
  if (isInline(root)) return `${head}${inlineText(root, { flow: false, key: false, indent: step })}\n`;
  const writer = new Writer(step);
  writer.block(root, 0);
  return writer.text();
}

class Writer {
  private readonly lines: string[] = [];
  /** The indentation of the foot comment just written: the next entry at the same depth is set apart by a blank line. */
  private footIndent = -1;

  constructor(private readonly step: number) {}

  text(): string {
    return `${this.lines.join("\n")}\n`;
  }

  /** Writes a block collection; `lead` (such as `- `) stands in front of its first line. */
  block(node: SyntaxNode, indent: number, lead?: string): void {
    let first = lead;
    const children =
      node.kind === "map"
        ? node.entries.map((entry) => ({ label: `${inlineKey(entry.key, indent)}:`, ...entry }))
        : node.kind === "list"
          ? node.items.map((item) => ({ label: "-", ...item }))
          : [];
    for (const child of children) {
      this.comment(child.comments.head, indent);
      const isStart = first !== undefined && this.lines.at(-1) === first;
      this.child(child.label, child.value, child.comments, indent, isStart);
      first = undefined;
      this.foot(child.comments.foot, indent);
    }
  }

  private child(label: string, value: SyntaxNode, comments: Comments, indent: number, joins: boolean): void {
    const lineComment = comments.line === "" ? "" : ` ${comments.line}`;
    // Behind a dash two columns are taken; everything else stands on a multiple of the step.
    const inside = label === "-" ? indent + 2 : this.step * (Math.floor(indent / this.step) + 1);
    if (isInline(value)) {
      const [head = "", ...rest] = inlineText(value, { flow: false, key: false, indent: inside }).split("\n");
      const isBlock = value.kind === "scalar" && /^(\S+ )?[|>][-+0-9]*$/.test(head) && rest.length > 0;
      const text = `${label}${head === "" ? "" : " "}${head}`;
      if (isBlock) {
        this.line(text + lineComment, indent, joins);
        this.lines.push(...blockRows(rest));
      } else {
        this.line(text, indent, joins);
        this.lines.push(...rest);
        if (lineComment) this.lines.push((this.lines.pop() ?? "") + lineComment);
      }
      return;
    }
    this.line(label + lineComment, indent, joins);
    // A collection in a list starts behind the dash; in a mapping, below the key.
    const lead = label === "-" && !lineComment ? this.lines.at(-1) : undefined;
    this.block(value, inside, lead);
  }

  private line(text: string, indent: number, joins: boolean): void {
    if (joins) {
      this.lines.push(`${this.lines.pop() ?? ""} ${text}`);
      return;
    }
    if (this.footIndent === indent) this.lines.push("");
    this.footIndent = -1;
    this.lines.push(" ".repeat(indent) + text);
  }

  private comment(text: string, indent: number): void {
    if (text === "") return;
    const rows = text.replace(/\n$/, "").split("\n");
    for (const row of rows) {
      if (row === "") this.lines.push("");
      else this.line(row, indent, false);
    }
  }

  private foot(text: string, indent: number): void {
    if (text === "") return;
    this.comment(text, indent);
    this.footIndent = indent;
  }
}

/** The last newline of a block scalar ends its last row; further ones are rows of their own. */
function blockRows(rows: readonly string[]): readonly string[] {
  return rows.at(-1) === "" ? rows.slice(0, -1) : rows;
}

function isInline(node: SyntaxNode): boolean {
  if (node.kind === "scalar" || node.flow) return true;
  return (node.kind === "map" ? node.entries.length : node.items.length) === 0;
}

function inlineKey(key: ScalarNode, indent: number): string {
  return scalarText(key, { flow: false, key: true, indent });
}

function inlineText(node: SyntaxNode, place: { flow: boolean; key: boolean; indent: number }): string {
  if (node.kind === "scalar") return scalarText(node, place);
  const inside = { ...place, flow: true, indent: place.indent + 2 };
  if (node.kind === "list") return `[${node.items.map((item) => inlineText(item.value, inside)).join(", ")}]`;
  const entries = node.entries.map(
    ({ key, value }) => `${scalarText(key, { ...inside, key: true })}: ${inlineText(value, inside)}`,
  );
  return `{${entries.join(", ")}}`;
}
