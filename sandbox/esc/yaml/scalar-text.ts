/** How is a scalar written back? In the style in which it was read, where that style can hold it: the rules of yaml.v3's emitter. */
import { resolvePlain } from "./scalars";
import { type ScalarNode, type ScalarStyle } from "./syntax";

/** Where the scalar stands: inside `{}` or `[]`, as a mapping key, and how deep its own further lines would be indented. */
export interface ScalarPlace {
  readonly flow: boolean;
  readonly key: boolean;
  readonly indent: number;
}

/** The text of a scalar. A block scalar's has its header on the first line and is indented. */
export function scalarText(node: ScalarNode, place: ScalarPlace): string {
  const written = asWritten(node);
  const allowed = analyze(written.text);
  const style = pickStyle(written.text, written.style, allowed, place);
  const tag = written.tag && !(written.tag === "!!str" && style !== "plain") ? `${written.tag} ` : "";
  return tag + render(written.text, style, place.indent);
}

interface Written {
  readonly text: string;
  readonly style: ScalarStyle;
  readonly tag?: string;
}

/** ESC's own rules on top of the emitter's: explicit nulls, strings that look like numbers in single quotes, no custom tags. */
function asWritten(node: ScalarNode): Written {
  const { text, style } = node;
  const tag = node.tag === undefined ? {} : { tag: node.tag };
  if (node.type === "null") {
    return { text: /^(~|null|Null|NULL)$/.test(text) ? text : "null", style, ...(node.tag ? { tag: "!!null" } : {}) };
  }
  if (node.type !== "string") return { text, style, ...tag };
  if (looksLikeNumber(text) || text === "true" || text === "false") return { text, style: "single" };
  if (node.tag !== undefined) return { text, style, tag: "!!str" };
  if (style !== "plain") return { text, style };
  if (text.includes("\n")) return { text, style: "literal" };
  return { text, style: resolvePlain(text).tag === "!!str" ? "plain" : "double" };
}

/** Whether Go's ParseFloat for 32 bits takes the text. */
function looksLikeNumber(text: string): boolean {
  if (/^[-+]?(inf|infinity)$/i.test(text) || /^nan$/i.test(text)) return true;
  if (/^[-+]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][-+]?[0-9]+$/.test(text)) return true;
  if (!/^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/.test(text)) return false;
  return Number.isFinite(Math.fround(Number(text)));
}

interface Allowed {
  multiline: boolean;
  flowPlain: boolean;
  blockPlain: boolean;
  single: boolean;
  block: boolean;
}

const BREAK = /[\n\r\u0085\u2028\u2029]/;
const UNPRINTABLE = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

function analyze(text: string): Allowed {
  if (text === "") return { multiline: false, flowPlain: false, blockPlain: true, single: true, block: false };
  const special = UNPRINTABLE.test(text.replaceAll("\t", "").replace(/[\r\u0085]/g, "\u0001"));
  const edge = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  const breakSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const multiline = BREAK.test(text);
  const notPlain = edge || breakSpace || spaceBreak || multiline || special || text.includes("\t");
  return {
    multiline,
    flowPlain: !notPlain && !hasIndicator(text, true),
    blockPlain: !notPlain && !hasIndicator(text, false),
    single: !breakSpace && !spaceBreak && !special && !text.includes("\t"),
    block: !text.endsWith(" ") && !spaceBreak && !special,
  };
}

/** Whether a character would be read as syntax if the text stood without quotes. */
function hasIndicator(text: string, flow: boolean): boolean {
  if (/^(---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text) || /^-([ \t]|$)/.test(text)) return true;
  if (/:([ \t]|$)/.test(text) || /^\?([ \t]|$)/.test(text) || /[ \t\n]#/.test(text)) return true;
  return flow && (/^[?:]/.test(text) || /[,?[\]{}:]/.test(text.slice(1)));
}

function pickStyle(text: string, wanted: ScalarStyle, allowed: Allowed, place: ScalarPlace): ScalarStyle {
  let style = place.key && allowed.multiline ? "double" : wanted;
  if (style === "plain") {
    const plain = place.flow ? allowed.flowPlain : allowed.blockPlain;
    if (!plain || (text === "" && (place.flow || place.key))) style = "single";
  }
  if (style === "single" && !allowed.single) style = "double";
  if ((style === "literal" || style === "folded") && (!allowed.block || place.flow || place.key)) style = "double";
  return style;
}

function render(text: string, style: ScalarStyle, indent: number): string {
  switch (style) {
    case "plain":
      return text;
    case "single":
      return `'${text.replaceAll("'", "''").replace(/\n+/g, (run) => `\n${run}${" ".repeat(indent)}`)}'`;
    case "double":
      return `"${Array.from(text, escapeCharacter).join("")}"`;
    case "literal":
      return `|${blockHints(text)}\n${indentLines(withoutFirstBreak(text), indent)}`;
    case "folded":
      return `>${blockHints(text)}\n${indentLines(withoutFirstBreak(unfold(text)), indent)}`;
  }
}

/** yaml.v3 loses the newline with which a block scalar starts, and so does ESC when it rewrites a text. */
function withoutFirstBreak(text: string): string {
  return text.startsWith("\n") ? text.slice(1) : text;
}

/** The indentation hint when the text starts with a blank, and what becomes of the newlines at its end. */
function blockHints(text: string): string {
  const indentHint = /^[ \n\r]/.test(text) ? "2" : "";
  if (!text.endsWith("\n")) return `${indentHint}-`;
  return text === "\n" || text.endsWith("\n\n") ? `${indentHint}+` : indentHint;
}

function indentLines(text: string, indent: number): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : " ".repeat(indent) + line))
    .join("\n");
}

/** Every run of newlines behind a line that does not start with a blank needs one more, the last run included. */
function unfold(text: string): string {
  if (/^\n*([ \t]|$)/.test(text)) return text;
  return text.replace(/(?<=^|\n)[^ \t\n][^\n]*\n/g, "$&\n");
}

const DOUBLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\u001b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escapeCharacter(character: string): string {
  const known = DOUBLE_ESCAPES.get(character);
  if (known) return known;
  if (!UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
