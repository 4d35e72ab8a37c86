/** What do ESC's functions compute? Each takes evaluated arguments; the first that is wrong or unknown makes the result unknown. https://www.pulumi.com/docs/esc/environments/functions/ */
import { decodeJson } from "../go-json";
import { encodeJson, isList, NumberText, type JsonData } from "../go-text";
import { type SourceRange } from "../yaml/syntax";
import { type SimpleFunction } from "./declaration";
import { encodeYaml } from "./to-yaml";
import { asList, dataOf, known, someWithin, stringOf, textOf, unknown, valueOf, type Kind, type Value } from "./values";

/** Reports an error in the text. */
export type Report = (range: SourceRange, summary: string) => void;

/** A call of a function: where it stands and to whom to complain. */
export interface Call {
  readonly range: SourceRange;
  readonly report: Report;
}

/** Evaluates a function of one argument. */
export function callSimple(name: SimpleFunction, called: string, argument: Value, call: Call): Value {
  switch (name) {
    case "concat":
      return concat(argument, call);
    case "final":
      return final(argument, call);
    case "fromBase64":
      return ofString(argument, call, "string", (text, secret) => fromBase64(text, secret, call));
    case "fromJSON":
      return ofString(argument, call, "any", (text, secret) => fromJson(text, secret, call));
    case "toBase64":
      return ofString(argument, call, "string", (text, secret) =>
        known(Buffer.from(text).toString("base64"), call.range, secret),
      );
    case "toJSON":
      return encode(argument, call, toJson);
    case "toYAML":
      return encode(argument, call, encodeYaml);
    case "toString":
      return toText(argument, call);
    case "unsupported":
      call.report(call.range, `${called} is not served by this stand-in: it has no providers`);
      return unknown("any", call.range);
  }
}

/** `fn::join`: the strings of a list with a delimiter between them. */
export function join(delimiter: Value, values: Value, call: Call): Value {
  const isTyped = [isString(delimiter, call), isListOf(values, call, isString)].every(Boolean);
  const { isUnknown, secret } = combine([delimiter, values]);
  if (!isTyped || isUnknown) return unknown("string", call.range, isTyped && secret);
  const texts = (asList(values) ?? []).map((value) => stringOf(value));
  return known(texts.join(stringOf(delimiter)), call.range, secret);
}

/** `fn::split`: the opposite; the parts are not secret by themselves, the list is. */
export function split(delimiter: Value, subject: Value, call: Call): Value {
  const isTyped = [isString(delimiter, call), isString(subject, call)].every(Boolean);
  const { isUnknown, secret } = combine([delimiter, subject]);
  if (!isTyped || isUnknown) return unknown("array", call.range, isTyped && secret);
  const parts = stringOf(subject).split(stringOf(delimiter));
  return known(
    parts.map((part) => known(part, call.range)),
    call.range,
    secret,
  );
}

function concat(argument: Value, call: Call): Value {
  const isTyped = isListOf(argument, call, (item, inner) => isListOf(item, inner, () => true));
  const { isUnknown, secret } = combine([argument]);
  if (!isTyped || isUnknown) return unknown("array", call.range, isTyped && secret);
  const items = (asList(argument) ?? []).flatMap((list) => asList(list) ?? []);
  return known(items, call.range, secret);
}

function final(argument: Value, call: Call): Value {
  const { isUnknown, secret } = combine([argument]);
  return { ...argument, base: undefined, range: call.range, unknown: isUnknown, secret, final: true };
}

function ofString(argument: Value, call: Call, kind: Kind, compute: (text: string, secret: boolean) => Value): Value {
  if (!isString(argument, call)) return unknown(kind, call.range);
  const { isUnknown, secret } = combine([argument]);
  return isUnknown ? unknown(kind, call.range, secret) : compute(stringOf(argument), secret);
}

function fromBase64(text: string, secret: boolean, call: Call): Value {
  const wrong = firstIllegalByte(text);
  if (wrong === undefined) return known(Buffer.from(text, "base64").toString("utf8"), call.range, secret);
  call.report(call.range, `decoding base64 string: illegal base64 data at input byte ${wrong}`);
  return unknown("string", call.range, secret);
}

/** Go's strict decoder: line ends are skipped, padding is required. It names the quantum in which the text ends too early. */
function firstIllegalByte(text: string): number | undefined {
  const compact = text.replace(/[\r\n]/g, "");
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  const valid = /^[A-Za-z0-9+/]*/.exec(compact)?.[0].length ?? 0;
  const padding = /^=*/.exec(compact.slice(valid))?.[0].length ?? 0;
  if (valid === compact.length) return compact.length - (compact.length % 4);
  if (valid % 4 === 2 && padding === 1 && valid + 1 === compact.length) return compact.length;
  return (valid % 4) + padding >= 4 && valid % 4 >= 2 ? valid - (valid % 4) + 4 : valid;
}

function fromJson(text: string, secret: boolean, call: Call): Value {
  try {
    return valueOf(decodeJson(text), call.range, secret);
  } catch (error) {
    call.report(call.range, `decoding JSON string: ${(error as Error).message}`);
    return unknown("any", call.range, secret);
  }
}

function encode(argument: Value, call: Call, encoder: (data: JsonData) => string): Value {
  const { isUnknown, secret } = combine([argument]);
  if (isUnknown) return unknown("string", call.range, secret);
  try {
    return known(encoder(dataOf(argument, false)), call.range, secret);
  } catch (error) {
    call.report(call.range, (error as Error).message);
    return unknown("string", call.range, secret);
  }
}

function toJson(data: JsonData): string {
  const wrong = findNumber(data, (text) => /^(NaN|[-+]Inf)$/.test(text));
  if (wrong) throw new Error(`failed to encode JSON: json: invalid number literal "${wrong}"`);
  return encodeJson(data);
}

function findNumber(data: JsonData, test: (text: string) => boolean): string | undefined {
  if (data instanceof NumberText) return test(data.text) ? data.text : undefined;
  if (data === null || typeof data !== "object") return undefined;
  const children = isList(data)
    ? data
    : Object.keys(data)
        .sort()
        .map((key) => data[key] ?? null);
  for (const child of children) {
    const found = findNumber(child, test);
    if (found) return found;
  }
  return undefined;
}

function toText(argument: Value, call: Call): Value {
  const { text, unknown: isUnknown, secret } = textOf(argument);
  return isUnknown ? unknown("string", call.range, secret) : known(text, call.range, secret);
}

function combine(values: readonly Value[]): { isUnknown: boolean; secret: boolean } {
  return {
    isUnknown: values.some((value) => someWithin(value, (part) => part.unknown)),
    secret: values.some((value) => someWithin(value, (part) => part.secret)),
  };
}

function isString(value: Value, call: Call): boolean {
  return isKind(value, "string", call);
}

function isListOf(value: Value, call: Call, isItem: (item: Value, call: Call) => boolean): boolean {
  if (!isKind(value, "array", call)) return false;
  return (asList(value) ?? []).map((item) => isItem(item, call)).every(Boolean);
}

/** The blame goes to the expression that defined the value, which may stand elsewhere. */
function isKind(value: Value, expected: Kind, call: Call): boolean {
  if (value.kind === expected || value.kind === "any") return true;
  call.report(value.range, `expected ${expected}, got ${value.kind}`);
  return false;
}
