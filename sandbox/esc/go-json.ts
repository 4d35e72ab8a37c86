/** What does Go's JSON decoder make of a text? One value, numbers kept as text, what follows it ignored, and Go's own error texts. https://pkg.go.dev/encoding/json */
import { NumberText, type JsonData } from "./go-text";

/** Decodes the first value of `text`. Throws an Error with Go's message. */
export function decodeJson(text: string): JsonData {
  const decoder = new Decoder(text);
  decoder.skipSpace();
  if (decoder.atEnd()) throw new Error("EOF");
  return decoder.value();
}

const LITERALS: readonly (readonly [string, JsonData])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Decoder {
  private at = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    return this.at >= this.text.length;
  }

  skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  value(): JsonData {
    this.skipSpace();
    const character = this.peek();
    if (character === "{") return this.object();
    if (character === "[") return this.array();
    if (character === '"') return this.string();
    if (/[-0-9]/.test(character)) return this.number();
    const literal = LITERALS.find(([word]) => word.startsWith(character));
    if (!literal) throw this.invalid("looking for beginning of value");
    for (const [index, letter] of Array.from(literal[0]).entries()) {
      if (index > 0 && this.peek() !== letter) throw this.invalid(`in literal ${literal[0]} (expecting '${letter}')`);
      this.at += 1;
    }
    return literal[1];
  }

  private object(): JsonData {
    const object: Record<string, JsonData> = {};
    for (let first = true; ; first = false) {
      this.at += 1;
      this.skipSpace();
      if (first && this.peek() === "}") break;
      if (this.peek() !== '"') throw this.invalid("looking for beginning of object key string");
      const key = this.string();
      this.skipSpace();
      if (this.peek() !== ":") throw this.invalid("after object key");
      this.at += 1;
      Object.defineProperty(object, key, { value: this.value(), enumerable: true, configurable: true });
      this.skipSpace();
      if (this.peek() === "}") break;
      if (this.peek() !== ",") throw this.invalid("after object key:value pair");
    }
    this.at += 1;
    return object;
  }

  private array(): JsonData {
    const array: JsonData[] = [];
    for (let first = true; ; first = false) {
      this.at += 1;
      this.skipSpace();
      if (first && this.peek() === "]") break;
      array.push(this.value());
      this.skipSpace();
      if (this.peek() === "]") break;
      if (this.peek() !== ",") throw this.invalid("after array element");
    }
    this.at += 1;
    return array;
  }

  private string(): string {
    let text = "";
    this.at += 1;
    for (;;) {
      const character = this.peek();
      if (character < " ") throw this.invalid("in string literal");
      this.at += 1;
      if (character === '"') return text;
      text += character === "\\" ? this.escape() : character;
    }
  }

  private escape(): string {
    const character = this.peek();
    const simple = SIMPLE_ESCAPES[character];
    if (simple === undefined && character !== "u") throw this.invalid("in string escape code");
    this.at += 1;
    if (simple !== undefined) return simple;
    const start = this.at;
    while (this.at < start + 4) {
      if (!/[0-9a-fA-F]/.test(this.peek())) throw this.invalid("in \\u hexadecimal character escape");
      this.at += 1;
    }
    return String.fromCharCode(parseInt(this.text.slice(start, this.at), 16));
  }

  private number(): JsonData {
    const start = this.at;
    if (this.peek() === "-") this.at += 1;
    if (this.text[this.at] === "0") this.at += 1;
    else this.digits("in numeric literal");
    if (this.text[this.at] === ".") {
      this.at += 1;
      this.digits("after decimal point in numeric literal");
    }
    if (/^[eE]/.test(this.text[this.at] ?? "")) {
      this.at += 1;
      if (/[-+]/.test(this.text[this.at] ?? "")) this.at += 1;
      this.digits("in exponent of numeric literal");
    }
    return new NumberText(this.text.slice(start, this.at));
  }

  private digits(where: string): void {
    if (!/[0-9]/.test(this.peek())) throw this.invalid(where);
    while (/[0-9]/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  /** The next character. Throws at the end of the text. */
  private peek(): string {
    const character = this.text[this.at];
    if (character === undefined) throw new Error("unexpected EOF");
    return character;
  }

  private invalid(where: string): Error {
    const character = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    const quoted = character === "'" ? "'\\''" : `'${JSON.stringify(character).slice(1, -1).replace('\\"', '"')}'`;
    return new Error(`invalid character ${quoted} ${where}`);
  }
}
