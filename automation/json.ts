/** Is a text of others JSON? Where it is none that is an answer and no error: the message of a failed parse quotes the text, which may hold a secret. */

/** The value of a JSON text; undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object, or list, of a JSON text; undefined where it is something else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
