/** What comes of a workflow's expressions? GitHub's own parser and evaluator (https://github.com/actions/languageservices) on our contexts. */
import type * as Expressions from "@actions/expressions" with { "resolution-mode": "import" };

type Library = typeof Expressions;
type ExpressionData = ReturnType<Expressions.Evaluator["evaluate"]>;

let library: Library;

/** Loads GitHub's library, which is there for `import()` only; before anything else here is called. */
export async function prepareExpressions(): Promise<void> {
  library = await import("@actions/expressions");
}

/** What an expression can see: `github`, `inputs`, `needs`, … */
export type Contexts = Readonly<Record<string, unknown>>;

/** How a job stands, or all that it needs. */
export type Status = "success" | "failure" | "cancelled";

const STATUS_FUNCTIONS = ["always", "success", "failure", "cancelled"] as const;

/** The value of one expression. Throws for a name that no context has, where GitHub would take it for nothing. */
export function evaluate(expression: string, contexts: Contexts, status: Status): ExpressionData {
  const { data, Evaluator, Lexer, Parser } = library;
  const functions = STATUS_FUNCTIONS.map((name) => ({
    ...{ name, minArgs: 0, maxArgs: 0 },
    call: () => new data.BooleanData(name === "always" || name === status),
  }));
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const context = JSON.parse(JSON.stringify(contexts), data.reviver) as Expressions.data.Dictionary;
  return new Evaluator(parsed, context, new Map(functions.map((one) => [one.name, one]))).evaluate();
}

/** A text with its `${{ … }}` filled in. */
export function fill(text: unknown, contexts: Contexts, status: Status = "success"): string {
  return String(text).replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts, status).coerceString(),
  );
}

/** Each text of a map filled in. */
export function fillAll(map: Readonly<Record<string, unknown>> = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, text]) => [key, fill(text, contexts)]));
}

/** Whether a job or step runs. Without a word on the status it needs success, as GitHub says. */
export function decide(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  if (condition === undefined) return status === "success";
  const [, inner = condition] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition) ?? [];
  const speaks = STATUS_FUNCTIONS.some((name) => new RegExp(`\\b${name}\\(`).test(inner));
  if (!speaks && status !== "success") return false;
  const value = evaluate(inner.trim(), contexts, status);
  const text = value.coerceString();
  return text !== "" && text !== "false" && text !== "0";
}
