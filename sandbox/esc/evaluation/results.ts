/** What does a consumer get? The values of an opened environment as ESC's REST API sends them, and what becomes environment variables and files. */
import { NumberText, type JsonData } from "../go-text";
import { type Diagnostic, type SourcePosition, type SourceRange } from "../yaml/syntax";
import { asList, asMap, dataOf, propertiesOf, propertyOf, textOf, type Value } from "./values";

/** A variable or file for a child process. */
export interface ExportedText {
  readonly value: string;
  readonly secret?: true;
}

/** The properties of an environment as `open/{id}` and `yaml/check` send them. */
export function exportProperties(value: Value): JsonData {
  return Object.fromEntries(propertiesOf(value).map(([key, property]) => [key, exportValue(property)]));
}

/** One value with its secretness, where it and what it lies over were defined, and everything in it. */
export function exportValue(value: Value): JsonData {
  const content = exportContent(value);
  return {
    ...(content === null ? {} : { value: content }),
    ...(value.secret ? { secret: true } : {}),
    ...(value.unknown ? { unknown: true } : {}),
    trace: { def: exportRange(value.range), ...(value.base ? { base: exportValue(value.base) } : {}) },
  };
}

function exportContent(value: Value): JsonData {
  if (value.unknown) return null;
  const list = asList(value);
  if (list) return list.map(exportValue);
  return asMap(value) ? exportProperties(value) : (value.content as JsonData);
}

function exportRange({ environment, begin, end }: SourceRange): JsonData {
  return { environment, begin: exportPosition(begin), end: exportPosition(end) };
}

function exportPosition({ line, column, byte }: SourcePosition): JsonData {
  return { line: numberText(line), column: numberText(column), byte: numberText(byte) };
}

function numberText(value: number): NumberText {
  return new NumberText(String(value));
}

/** The scalars of the top-level `environmentVariables` (or `files`) as text; undefined when there are none. */
export function exportTexts(
  value: Value,
  section: "environmentVariables" | "files",
): Readonly<Record<string, ExportedText>> | undefined {
  const found = propertyOf(value, section);
  if (!found || !asMap(found)) return undefined;
  const texts = propertiesOf(found).flatMap(([key, property]) => {
    if (asList(property) || asMap(property)) return [];
    return [[key, { value: textOf(property).text, ...(property.secret ? { secret: true as const } : {}) }] as const];
  });
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

/** The values as plain JavaScript, secrets in clear, unknown ones as `[unknown]`; integers beyond 2^53 lose digits. */
export function plainValues(value: Value | undefined): Record<string, unknown> {
  return value ? (plain(dataOf(value, false)) as Record<string, unknown>) : {};
}

/** JSON data with numbers as numbers. */
export function plain(data: JsonData): unknown {
  if (data instanceof NumberText) return Number(data.text);
  if (data === null || typeof data !== "object") return data;
  if (Array.isArray(data)) return data.map((item) => plain(item as JsonData));
  return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, plain(item)]));
}

/** The paths (such as `a.b[0]`) of all values that satisfy a test, sorted. */
export function pathsWhere(value: Value, test: (value: Value) => boolean): readonly string[] {
  const found: string[] = [];
  const walk = (part: Value, path: string): void => {
    if (path !== "" && test(part)) found.push(path);
    for (const [index, item] of (asList(part) ?? []).entries()) walk(item, `${path}[${index}]`);
    if (!asMap(part)) return;
    for (const [key, property] of propertiesOf(part)) walk(property, path === "" ? key : `${path}.${key}`);
  };
  walk(value, "");
  return found.sort();
}

/** The message of an error that carries diagnostics, as Go prints a list of them. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const texts = diagnostics.map(({ range, summary }) => `${describeRange(range)}: ${summary};`);
  return texts.length === 1 ? (texts[0] ?? "") : texts.map((text) => `-error: ${text}`).join(" \n");
}

function describeRange(range: SourceRange | undefined): string {
  if (!range) return "<nil>";
  const { environment, begin, end } = range;
  const last = begin.line === end.line ? `${end.column}` : `${end.line},${end.column}`;
  return `${environment}:${begin.line},${begin.column}-${last}`;
}
