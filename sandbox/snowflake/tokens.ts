/**
 * What does a SQL text consist of? Snowflake's lexical rules: quoted identifiers, string constants with backslash escapes, comments.
 * https://docs.snowflake.com/en/sql-reference/identifiers-syntax
 * https://docs.snowflake.com/en/sql-reference/data-types-text#escape-sequences-in-single-quoted-string-constants
 */
import { SqlError, syntaxError } from "./errors";

/** `word`: bare, as written. `identifier`: was in double quotes. `string`: a constant with its escapes resolved. */
export interface Token {
  readonly kind: "word" | "identifier" | "string" | "number" | "symbol";
  readonly text: string;
  /** Offset in the SQL text, for error messages. */
  readonly position: number;
}

interface Piece {
  readonly token?: Omit<Token, "position">;
  readonly end: number;
}

const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /\d+(\.\d+)?/y;
const WHITE_SPACE = /\s+/y;
const LINE_COMMENT = /(--|\/\/)[^\n]*/y;
const SYMBOLS = "(),.=;?*-+:>";
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The tokens of `sql`, comments and white space left out. Throws {@link SqlError} 001003 for what no token begins with and for a quote that does not end. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < sql.length) {
    const { token, end } = readPiece(sql, position);
    if (token) tokens.push({ ...token, position });
    position = end;
  }
  return tokens;
}

/** The one statement of `sql`. Throws {@link SqlError} 000008 when there are several, 000900 when there is none. */
export function tokenizeOne(sql: string): Token[] {
  const statements: Token[][] = [[]];
  for (const token of tokenize(sql)) {
    if (token.kind === "symbol" && token.text === ";") statements.push([]);
    else statements.at(-1)?.push(token);
  }
  const found = statements.filter((statement) => statement.length > 0);
  if (found.length > 1) {
    const message = `Actual statement count ${found.length} did not match the desired statement count 1.`;
    throw new SqlError("000008", message, "0A000");
  }
  const [only] = found;
  if (!only) throw new SqlError("000900", "SQL compilation error:\nEmpty SQL statement.", "42601");
  return only;
}

function readPiece(sql: string, start: number): Piece {
  const skipped = matchAt(WHITE_SPACE, sql, start) ?? matchAt(LINE_COMMENT, sql, start);
  if (skipped !== undefined) return { end: start + skipped.length };
  if (sql.startsWith("/*", start)) return { end: endOf(sql, "*/", start + 2, "/*", start) };
  if (sql.startsWith("$$", start)) {
    const end = endOf(sql, "$$", start + 2, "$$", start);
    return { token: { kind: "string", text: sql.slice(start + 2, end - 2) }, end };
  }
  const first = sql.charAt(start);
  if (first === "'") return readString(sql, start);
  if (first === '"') return readIdentifier(sql, start);
  const word = matchAt(WORD, sql, start);
  if (word !== undefined) return { token: { kind: "word", text: word }, end: start + word.length };
  const number = matchAt(NUMBER, sql, start);
  if (number !== undefined) return { token: { kind: "number", text: number }, end: start + number.length };
  if (!SYMBOLS.includes(first)) throw syntaxError(start, first);
  return { token: { kind: "symbol", text: first }, end: start + 1 };
}

function readIdentifier(sql: string, start: number): Piece {
  let text = "";
  for (let at = start + 1; at < sql.length; at += 1) {
    const character = sql.charAt(at);
    if (character !== '"') text += character;
    else if (sql.charAt(at + 1) === '"') {
      text += '"';
      at += 1;
    } else if (text === "") throw syntaxError(start, '""');
    else return { token: { kind: "identifier", text }, end: at + 1 };
  }
  throw syntaxError(start, '"');
}

function readString(sql: string, start: number): Piece {
  let text = "";
  let at = start + 1;
  while (at < sql.length) {
    const character = sql.charAt(at);
    if (character === "\\") {
      const escape = readEscape(sql, at);
      text += escape.text;
      at = escape.end;
    } else if (character !== "'") {
      text += character;
      at += 1;
    } else if (sql.charAt(at + 1) === "'") {
      text += "'";
      at += 2;
    } else return { token: { kind: "string", text }, end: at + 1 };
  }
  throw syntaxError(start, "'");
}

/** The backslash stands at `start`. An unknown escape is the character itself. */
function readEscape(sql: string, start: number): { text: string; end: number } {
  const coded = /\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2}))/y;
  coded.lastIndex = start;
  const found = coded.exec(sql);
  if (found) {
    const [whole, unicode, hex, octal] = found;
    const code = octal !== undefined ? parseInt(octal, 8) : parseInt(unicode ?? hex ?? "", 16);
    return { text: String.fromCharCode(code), end: start + whole.length };
  }
  const character = sql.charAt(start + 1);
  if (character === "") throw syntaxError(start, "\\");
  if (character === "0") return { text: "\0", end: start + 2 };
  return { text: SIMPLE_ESCAPES[character] ?? character, end: start + 2 };
}

function matchAt(expression: RegExp, sql: string, start: number): string | undefined {
  expression.lastIndex = start;
  return expression.exec(sql)?.[0];
}

function endOf(sql: string, closing: string, from: number, opening: string, start: number): number {
  const found = sql.indexOf(closing, from);
  if (found < 0) throw syntaxError(start, opening);
  return found + closing.length;
}
