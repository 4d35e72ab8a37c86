/**
 * What does an env file say? Names and values, or the numbers of the lines that say nothing; never a word of what is in them.
 *
 * The dialect is that of the dotenv package (https://github.com/motdotla/dotenv#rules): `NAME=VALUE` or `export NAME=VALUE`, spaces around `=`,
 * single, double and back-tick quotes, values of several lines in quotes, `\n` and `\r` in double quotes, comments, CRLF and CR as line ends
 * everywhere, a BOM. It is read by a parser of our own because that package drops what it does not understand without a word.
 * Nothing is ever expanded: `${X}` and `$(x)` are text. Where the readers of env files differ, the reading of Python and of shells is taken,
 * and said: `#` without a space before it belongs to a value, and in double quotes a backslash before a quote or a backslash goes away. In single quotes
 * and back-ticks a backslash keeps the quote from closing, and stays.
 */
import { usageError } from "../errors";

/** An env file as it was read. Values are in here: never print it. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** Sentences on lines that other programs may read differently; line numbers only. */
  readonly notices: readonly string[];
  /** Where `export-env` took the file from, when it wrote it. */
  readonly source?: EnvFileSource;
}

/** The ESC environment, by its full name, and its revision at the time of the export. */
export interface EnvFileSource {
  readonly environment: string;
  readonly revision: number;
}

type Fault = { readonly line: number; readonly text: string };
type Quote = "'" | '"' | "`";

const HEAD = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_]*)[^\S\n]*=([^\S\n]*)/y;
const IGNORED = /[^\S\n]*(?:#[^\n]*)?(?=\n|$(?![^]))/y;
const SOURCE = /^# source: (\S+) revision (\d{1,9})$/;

/**
 * Parses the file. Throws one usage error (`env_file.malformed`) that lists every faulty line: no assignment, a name given twice,
 * a quote that is not closed, text after a closing quote, NUL, bytes that are not UTF-8.
 */
export function parseEnvFile(content: string | Uint8Array, path: string): EnvFile {
  const text = typeof content === "string" ? content.replace(/^\uFEFF/, "") : decode(content, path);
  const normalized = text.replace(/\r\n?/g, "\n");
  const { entries, faults, notices } = new Reader(normalized).read();
  if (faults.length > 0) throw malformed(path, faults);
  const source = findSource(normalized);
  return { values: Object.fromEntries(entries), notices, ...(source ? { source } : {}) };
}

class Reader {
  private readonly entries = new Map<string, string>();
  private readonly lines = new Map<string, number>();
  private readonly faults: Fault[] = [];
  private readonly notices: string[] = [];
  private position = 0;
  private line = 1;

  constructor(private readonly text: string) {}

  read() {
    while (this.position < this.text.length) {
      const start = this.position;
      if (!this.take(IGNORED)) this.assignment();
      if (this.text[this.position] === "\n") this.position += 1;
      this.line += count(this.text, "\n", start, this.position);
    }
    return { entries: this.entries, faults: this.faults, notices: this.notices };
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.position = pattern.lastIndex;
    return found;
  }

  private assignment(): void {
    const head = this.take(HEAD);
    const [, name = "", space = ""] = head ?? [];
    if (!head) return this.fault("is no NAME=VALUE");
    if (name === "__proto__") return this.fault("has a name that no program can take");
    const first = this.text[this.position];
    const value = isQuote(first) ? this.quoted(first) : this.bare(space !== "");
    if (value === undefined) return;
    if (value.includes("\0")) return this.fault("holds a NUL character");
    const before = this.lines.get(name);
    if (before !== undefined) return this.fault(`gives the name of line ${before} again`);
    this.lines.set(name, this.line);
    this.entries.set(name, value);
  }

  /** To the end of the line or to a comment, without the spaces around. */
  private bare(spaceBefore: boolean): string {
    const rest = this.restOfLine();
    this.position += rest.length;
    if (spaceBefore && rest.startsWith("#")) return "";
    const comment = /\s#/.exec(rest);
    const value = (comment ? rest.slice(0, comment.index) : rest).trim();
    if (value.includes("#")) this.notice("has a # inside a value without quotes: it is part of the value");
    // In Node's dotenv `^` and `$` stand at these too: it takes quotes away that surround what is between them.
    if (/[\u2028\u2029]/.test(value)) this.notice("has a line separator (U+2028, U+2029) in a value without quotes");
    return value;
  }

  private quoted(quote: Quote): string | undefined {
    const end = findClosing(this.text, this.position + 1, quote);
    if (end < 0) {
      this.fault("opens a quote that is not closed (is there a backslash before the last one?)");
      // Whatever follows may belong to the value: nothing more can be said of it.
      this.position = this.text.length;
      return undefined;
    }
    const inner = this.text.slice(this.position + 1, end);
    this.position = end + 1;
    if (!this.take(IGNORED)) {
      this.fault("has text after the closing quote");
      return undefined;
    }
    const value = unescape(inner, quote);
    if (value.differs) this.notice("has an escaped quote or backslash: between double quotes the backslash goes away");
    return value.text;
  }

  private restOfLine(): string {
    const end = this.text.indexOf("\n", this.position);
    return this.text.slice(this.position, end < 0 ? undefined : end);
  }

  private fault(text: string): undefined {
    this.faults.push({ line: this.line, text });
    this.position += this.restOfLine().length;
  }

  private notice(text: string): void {
    this.notices.push(`line ${this.line} ${text} (some programs read this differently)`);
  }
}

function isQuote(character: string | undefined): character is Quote {
  return character === "'" || character === '"' || character === "`";
}

/** The place of the closing quote, or -1. A backslash keeps the quote from closing; in double quotes it may itself be escaped. */
function findClosing(text: string, from: number, quote: Quote): number {
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === quote) return index;
    if (text[index] === "\\" && (quote === '"' || text[index + 1] === quote)) index += 1;
  }
  return -1;
}

const BREAKS: Readonly<Record<string, string>> = { n: "\n", r: "\r" };

function unescape(inner: string, quote: Quote): { readonly text: string; readonly differs: boolean } {
  if (quote !== '"') return { text: inner, differs: inner.includes(`\\${quote}`) };
  let differs = false;
  const text = inner.replace(/\\([nr"\\])/g, (_, escaped: string) => {
    const lineBreak = BREAKS[escaped];
    differs ||= lineBreak === undefined;
    return lineBreak ?? escaped;
  });
  return { text, differs };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder("utf-8").decode(bytes);
    const before = text.slice(0, text.indexOf("\uFFFD")).replace(/\r\n?/g, "\n");
    throw malformed(path, [
      { line: count(before, "\n", 0, before.length) + 1, text: "holds bytes that are not UTF-8" },
    ]);
  }
}

/** The source is looked for in the comments at the top only: a value of several lines could look like it. */
function findSource(text: string): EnvFileSource | undefined {
  for (const line of text.split("\n")) {
    if (!line.startsWith("#")) return undefined;
    const [, environment, revision] = SOURCE.exec(line) ?? [];
    if (environment !== undefined) return { environment, revision: Number(revision) };
  }
  return undefined;
}

function malformed(path: string, faults: readonly Fault[]) {
  const lines = faults.map(({ line, text }) => `line ${line} ${text}`);
  return usageError(
    "env_file.malformed",
    `${path} cannot be read as an env file; nothing was changed. ${lines.join("; ")}.`,
    "Write NAME=VALUE, and values with spaces, #, quotes or several lines in single quotes.",
  );
}

function count(text: string, character: string, from: number, to: number): number {
  let found = 0;
  for (let index = text.indexOf(character, from); index >= 0 && index < to; index = text.indexOf(character, index + 1))
    found += 1;
  return found;
}
