/** How is a statement read? A cursor over its tokens with the grammar that Snowflake's statements share: keywords, names, `NAME = value` lists. */
import { syntaxError } from "./errors";
import { tokenizeOne, type Token } from "./tokens";

/** The right-hand side of `NAME = value`. */
export interface PropertyValue {
  readonly kind: "string" | "number" | "name" | "list";
  /** A string as it is, a number's digits, a name's parts joined by a dot, or empty for a list. */
  readonly text: string;
  /** The parts of a name, e.g. `["D", "S"]`; one part for strings and numbers. */
  readonly parts: readonly string[];
  /** The entries of a list in parentheses. */
  readonly items: readonly string[];
}

/** The value of a driver's `?` placeholder. */
export interface Binding {
  readonly type: string;
  readonly value: string | null;
}

/** A statement and how far it has been read. Every method that does not find what it wants throws a syntax error (001003). */
export class Statement {
  private position = 0;

  private constructor(private readonly tokens: readonly Token[]) {}

  /** Reads one statement; the placeholders of the text become string constants. */
  static parse(sql: string, bindings: Readonly<Record<string, Binding>> = {}): Statement {
    let placeholder = 0;
    const tokens = tokenizeOne(sql).map((token): Token => {
      if (token.kind !== "symbol" || token.text !== "?") return token;
      const binding = bindings[String(++placeholder)];
      if (!binding) throw syntaxError(token.position, "?");
      if (binding.value === null) return { ...token, kind: "word", text: "NULL" };
      return { ...token, kind: binding.type === "FIXED" ? "number" : "string", text: binding.value };
    });
    return new Statement(tokens);
  }

  /** The next token, not consumed. */
  peek(ahead = 0): Token | undefined {
    return this.tokens[this.position + ahead];
  }

  /** True at the end of the statement. */
  get done(): boolean {
    return this.position >= this.tokens.length;
  }

  /** Consumes the keywords if all of them come next, in this order. */
  accept(...words: readonly string[]): boolean {
    const matches = words.every((word, index) => {
      const token = this.peek(index);
      return token?.kind === "word" && token.text.toUpperCase() === word;
    });
    if (matches) this.position += words.length;
    return matches;
  }

  /** {@link accept} that insists. */
  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) throw this.unexpected();
  }

  /** Consumes a keyword of any kind and returns it in upper case. */
  keyword(): string {
    const token = this.next();
    if (token.kind !== "word") throw this.unexpected(token);
    return token.text.toUpperCase();
  }

  /** Consumes one punctuation character if it comes next. */
  acceptSymbol(symbol: string): boolean {
    const token = this.peek();
    if (token?.kind !== "symbol" || token.text !== symbol) return false;
    this.position += 1;
    return true;
  }

  /** {@link acceptSymbol} that insists. */
  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected();
  }

  /** One part of a name: exact in double quotes, otherwise in upper case. */
  identifier(): string {
    const token = this.next();
    if (token.kind === "identifier") return token.text;
    if (token.kind === "word") return token.text.toUpperCase();
    throw this.unexpected(token);
  }

  /** A name of one to `maximum` parts. */
  name(maximum = 3): string[] {
    const parts = [this.identifier()];
    while (parts.length < maximum && this.acceptSymbol(".")) parts.push(this.identifier());
    return parts;
  }

  /** A string constant. */
  string(): string {
    const token = this.next();
    if (token.kind !== "string") throw this.unexpected(token);
    return token.text;
  }

  /** A number without sign. */
  number(): number {
    const token = this.next();
    if (token.kind !== "number") throw this.unexpected(token);
    return Number(token.text);
  }

  /** `NAME = value [,] NAME = value …` up to the end or to one of `stop`. A name that comes twice is a syntax error. */
  properties(...stop: readonly string[]): Map<string, PropertyValue> {
    const found = new Map<string, PropertyValue>();
    for (;;) {
      const token = this.peek();
      if (token?.kind !== "word" || stop.includes(token.text.toUpperCase())) return found;
      const name = this.keyword();
      if (found.has(name)) throw this.unexpected(token);
      this.expectSymbol("=");
      found.set(name, this.value());
      this.acceptSymbol(",");
    }
  }

  /** `A, B, C` */
  keywords(): string[] {
    const found = [this.keyword()];
    while (this.acceptSymbol(",")) found.push(this.keyword());
    return found;
  }

  /** Throws unless everything was read. */
  end(): void {
    if (!this.done) throw this.unexpected();
  }

  /** The syntax error for the next token; names keywords and punctuation only, so that no literal gets into a message. */
  unexpected(token = this.peek()): Error {
    const near = !token ? "<EOF>" : token.kind === "word" || token.kind === "symbol" ? token.text : `<${token.kind}>`;
    return syntaxError(token?.position ?? 0, near);
  }

  private next(): Token {
    const token = this.peek();
    if (!token) throw this.unexpected();
    this.position += 1;
    return token;
  }

  private value(): PropertyValue {
    if (this.acceptSymbol("(")) return { kind: "list", text: "", parts: [], items: this.listItems() };
    const negative = this.acceptSymbol("-");
    const token = this.next();
    if (token.kind === "number" || (token.kind === "string" && !negative)) {
      const text = negative ? `-${token.text}` : token.text;
      return { kind: token.kind, text, parts: [text], items: [] };
    }
    if (negative || token.kind === "symbol") throw this.unexpected(token);
    this.position -= 1;
    const parts = this.name();
    return { kind: "name", text: parts.join("."), parts, items: [] };
  }

  private listItems(): string[] {
    const items: string[] = [];
    while (!this.acceptSymbol(")")) {
      const token = this.peek();
      items.push(token?.kind === "string" ? this.string() : this.name().join("."));
      if (!this.acceptSymbol(",") && this.peek()?.text !== ")") throw this.unexpected();
    }
    return items;
  }
}
