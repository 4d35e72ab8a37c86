/**
 * How is a value written so that every reader of env files gets it back? In the form that the most readers agree on, checked by reading it back.
 *
 * Bare where nothing is special; single quotes, which shells and Python's and Node's readers take as they are; double quotes; bare again for what
 * holds both kinds of quotes; and last a form that only dotenv's dialect knows: back-ticks. python-dotenv reads all but
 * that (see `python.ts`); it replaces `${X}` in every form unless it is told `interpolate=False`. What no form of that dialect can hold (all three quotes beside
 * a # or a line break, a carriage return beside quotes) is written with escapes, which we, Python, Ruby and Go read and Node does not; the file says so.
 */
import { parse as parseDotenv } from "dotenv";
import { usageError } from "../errors";
import { parseEnvFile } from "./parse";

const BARE = /^[A-Za-z0-9_./:@%+,=-]+$/;

/** `NAME=VALUE` for every reader of the dialect, or undefined when no form of it can hold the value. */
export function writeAssignment(name: string, value: string): string | undefined {
  if (value === "" || BARE.test(value)) return `${name}=${value}`;
  return candidates(value)
    .map((form) => `${name}=${form}`)
    .find((text) => readsBack(`${text}\n`, { [name]: value }));
}

/** `NAME=VALUE` in double quotes with `\"`, `\\` and `\r`, under a comment that says who does not read it. Every value has this form. */
export function writeEscaped(name: string, value: string): string {
  const text = value.replace(/["\\]/g, "\\$&").replaceAll("\r", "\\r");
  return `# Escaped: Node's dotenv keeps the backslashes of the next value; take --format json for Node.\n${name}="${text}"`;
}

/**
 * Whether dotenv and we read exactly these values from the text. A parser that differs here would hand programs another credential,
 * so a whole file is checked before it is written. Of the names in `escaped`, dotenv has to see no more than that they are there.
 */
export function readsBack(
  text: string,
  values: Readonly<Record<string, string>>,
  escaped: readonly string[] = [],
): boolean {
  const names = Object.keys(values);
  const isEqual = (read: Readonly<Record<string, string>>, excepted: ReadonlySet<string> = new Set()) =>
    Object.keys(read).length === names.length &&
    names.every((name) => Object.hasOwn(read, name) && (excepted.has(name) || read[name] === values[name]));
  try {
    return isEqual(parseEnvFile(text, "").values) && isEqual(parseDotenv(text), new Set(escaped));
  } catch {
    return false;
  }
}

/** The error for names whose values a format cannot hold. */
export function unwritable(format: string, names: readonly string[], instead: string) {
  return usageError(
    "export.unwritable",
    `The format ${format} cannot hold the value of ${names.join(", ")}; nothing was written.`,
    `Use --format ${instead}, which can hold every value.`,
  );
}

function candidates(value: string): string[] {
  const isOneLine = !/[\r\n]/.test(value);
  const single = `'${value}'`;
  const escaped = `"${value.replaceAll("\r", "\\r")}"`;
  return [
    // In single quotes Python takes a backslash before a backslash or a quote away.
    ...(/'|\\\\|\\$/.test(value) ? [] : [single]),
    ...(/["\\$`\r]/.test(value) ? [] : [escaped]),
    ...(isOneLine && !/#/.test(value) && !/^['"`]/.test(value) ? [value] : []),
    single,
    escaped,
    `\`${value}\``,
  ];
}
