/** What does `fn::toYAML` write? Go's yaml.v3 form of plain data: four blanks a level, numbers as quoted text. */
import { isList, NumberText, type JsonData } from "../go-text";
import { emitYaml } from "../yaml/emit";
import { resolvePlain } from "../yaml/scalars";
import { noComments, plainString, type ScalarNode, type SourceRange, type SyntaxNode } from "../yaml/syntax";

const ORIGIN = { line: 1, column: 1, byte: 0 };
const NOWHERE: SourceRange = { environment: "", begin: ORIGIN, end: ORIGIN };

/** Encodes plain data. */
export function encodeYaml(data: JsonData): string {
  return emitYaml(nodeOf(data), 4);
}

function nodeOf(data: JsonData): SyntaxNode {
  if (data === null) return { ...plainString("null", NOWHERE), type: "null" };
  if (typeof data === "boolean") return { ...plainString(String(data), NOWHERE), type: "boolean", boolean: data };
  if (typeof data === "string") return stringNode(data);
  if (data instanceof NumberText) return stringNode(data.text);
  if (isList(data)) {
    const items = data.map((item) => ({ value: nodeOf(item), comments: noComments() }));
    return { kind: "list", flow: false, items, range: NOWHERE };
  }
  const entries = Object.keys(data)
    .sort()
    .map((key) => ({ key: stringNode(key), value: nodeOf(data[key] ?? null), comments: noComments() }));
  return { kind: "map", flow: false, entries, range: NOWHERE };
}

/** Double quotes wherever YAML 1.1 or 1.2 would read something else than a string. */
function stringNode(text: string): ScalarNode {
  const isOldBoolean = /^(y|n|yes|no|on|off)$/i.test(text);
  const isBase60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
  const isPlain = resolvePlain(text).tag === "!!str" && !isOldBoolean && !isBase60;
  const style = text.includes("\n") ? "literal" : isPlain ? "plain" : "double";
  // Type `boolean` skips ESC's own rules about strings: here the bare emitter is at work.
  return { ...plainString(text, NOWHERE), style, type: "boolean" };
}
