/** How does Go print a number, a quoted string, or JSON? ESC's answers carry Go's forms, so the stand-in prints the same. */

/** A number kept as text, as Go's json.Number does: `1.50` read from JSON stays `1.50`. */
export class NumberText {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Data as JSON knows it, with numbers as text. */
export type JsonData =
  null | boolean | NumberText | string | readonly JsonData[] | { readonly [key: string]: JsonData };

/** The shortest text of a float in Go's format `g`: with an exponent of at least two digits below 1e-4 and from 1e6 up. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) {
    const digits = mantissa.replace(/[-.]/g, "").length;
    return value.toFixed(Math.max(0, digits - 1 - exponent));
  }
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** Quotes a text as Go source (`strconv.Quote`). */
export function quoteText(text: string): string {
  let quoted = "";
  for (const character of text) quoted += QUOTE_ESCAPES.get(character) ?? quoteRune(character);
  return `"${quoted}"`;
}

const QUOTE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

function quoteRune(character: string): string {
  if (/^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** JSON as Go's encoder writes it: sorted keys, U+2028/2029 escaped and, unless `html` is false, `<`, `>` and `&` too. */
export function encodeJson(data: JsonData, html = true): string {
  if (data === null) return "null";
  if (typeof data === "boolean") return String(data);
  if (data instanceof NumberText) return data.text;
  if (typeof data === "string") return encodeJsonString(data, html);
  if (isList(data)) return `[${data.map((item) => encodeJson(item, html)).join(",")}]`;
  const keys = Object.keys(data).sort();
  return `{${keys.map((key) => `${encodeJsonString(key, html)}:${encodeJson(data[key] ?? null, html)}`).join(",")}}`;
}

/** Array.isArray does not narrow readonly arrays. */
export function isList(data: JsonData): data is readonly JsonData[] {
  return Array.isArray(data);
}

function encodeJsonString(text: string, html: boolean): string {
  const json = JSON.stringify(text).replace(/[\u2028\u2029]/g, escapeUnit);
  return html ? json.replace(/[<>&]/g, escapeUnit) : json;
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
