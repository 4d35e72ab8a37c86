/** What does a GraphQL request ask for? The little of the language that clients of the Estuary stand-in speak: one operation, no fragments. */

/** One field of a selection, its arguments with the variables' values in place. */
export interface Field {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly selection: readonly Field[];
}

/** A parsed request. */
export interface Operation {
  readonly kind: "query" | "mutation";
  readonly fields: readonly Field[];
}

/** Becomes an entry of the reply's `errors`. */
export class GraphqlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GraphqlError";
  }
}

const TOKEN = /\s+|,|#[^\n]*|([{}()[\]:!=]|\$?[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*")/gy;

/** Parses a document that holds one operation. Throws {@link GraphqlError}. */
export function parseOperation(document: string, variables: Readonly<Record<string, unknown>>): Operation {
  return new Parser(tokenize(document), { ...variables }).operation();
}

/** The parts of a value that a selection names. Throws {@link GraphqlError} for a field that the value lacks. */
export function project(value: unknown, selection: readonly Field[]): unknown {
  if (Array.isArray(value)) return value.map((item) => project(item, selection));
  if (typeof value !== "object" || value === null) return value;
  if (selection.length === 0) throw new GraphqlError("an object must have a selection of subfields");
  const source = value as Record<string, unknown>;
  return Object.fromEntries(
    selection.map((field) => {
      if (!(field.name in source)) throw new GraphqlError(`Unknown field "${field.name}"`);
      return [field.name, project(source[field.name], field.selection)];
    }),
  );
}

function tokenize(document: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(document);
    if (!found) throw new GraphqlError(`syntax error at character ${at}`);
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  return tokens;
}

class Parser {
  private position = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly variables: Record<string, unknown>,
  ) {}

  operation(): Operation {
    const first = this.peek();
    if (first === "{") return { kind: "query", fields: this.selection() };
    if (first !== "query" && first !== "mutation") throw new GraphqlError("expected a query or a mutation");
    this.position += 1;
    if (this.peek() !== "(" && this.peek() !== "{") this.position += 1;
    if (this.peek() === "(") this.variableDefinitions();
    return { kind: first, fields: this.selection() };
  }

  private variableDefinitions(): void {
    this.expect("(");
    while (this.peek() !== ")") {
      const name = this.take().slice(1);
      this.expect(":");
      let required = false;
      while (!this.peek().startsWith("$") && this.peek() !== ")" && this.peek() !== "=") required = this.take() === "!";
      if (this.peek() === "=") {
        this.position += 1;
        this.variables[name] ??= this.value();
      } else if (required && (this.variables[name] ?? undefined) === undefined) {
        throw new GraphqlError(`Variable "$${name}" of a non-null type has no value`);
      }
    }
    this.expect(")");
  }

  private selection(): Field[] {
    this.expect("{");
    const fields: Field[] = [];
    while (this.peek() !== "}") {
      const name = this.take();
      if (!/^[A-Za-z_]/.test(name)) throw new GraphqlError(`expected a field, found ${name}`);
      const args = this.peek() === "(" ? this.entries("(", ")") : {};
      fields.push({ name, args, selection: this.peek() === "{" ? this.selection() : [] });
    }
    this.expect("}");
    return fields;
  }

  private entries(open: string, close: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    this.expect(open);
    while (this.peek() !== close) {
      const name = this.take();
      this.expect(":");
      found[name] = this.value();
    }
    this.expect(close);
    return found;
  }

  private value(): unknown {
    if (this.peek() === "{") return this.entries("{", "}");
    const token = this.take();
    if (token.startsWith("$")) return this.variables[token.slice(1)];
    if (token.startsWith('"')) return JSON.parse(token);
    if (/^-?\d/.test(token)) return Number(token);
    if (token === "null") return undefined;
    return token === "true" ? true : token === "false" ? false : token;
  }

  private peek(): string {
    const token = this.tokens[this.position];
    if (token === undefined) throw new GraphqlError("unexpected end of the document");
    return token;
  }

  private take(): string {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  private expect(token: string): void {
    const found = this.take();
    if (found !== token) throw new GraphqlError(`expected ${token}, found ${found}`);
  }
}
