/**
 * What does an unquoted scalar mean? The rules of Go's yaml.v3, which ESC uses: a mix of YAML 1.1 and 1.2 in which 0777 is octal, 1_000 is a
 * number, and yes, no and on are strings. https://pkg.go.dev/gopkg.in/yaml.v3
 */
import { formatFloat } from "../go-text";

/** The meaning of a scalar. `number` is its text as Go prints it; a timestamp stays a string but must be quoted when it is rewritten. */
export interface Resolved {
  readonly tag: "!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp" | "!!str";
  readonly boolean?: boolean;
  readonly number?: string;
}

const FIXED: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...["", "~", "null", "Null", "NULL"].map((text) => [text, { tag: "!!null" }] as const),
  ...["true", "True", "TRUE"].map((text) => [text, { tag: "!!bool", boolean: true }] as const),
  ...["false", "False", "FALSE"].map((text) => [text, { tag: "!!bool", boolean: false }] as const),
  ...[".nan", ".NaN", ".NAN"].map((text) => [text, { tag: "!!float", number: "NaN" }] as const),
  ...[".inf", ".Inf", ".INF"].flatMap((text) => [
    [text, { tag: "!!float", number: "+Inf" }] as const,
    [`+${text}`, { tag: "!!float", number: "+Inf" }] as const,
    [`-${text}`, { tag: "!!float", number: "-Inf" }] as const,
  ]),
]);

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGERS: readonly (readonly [RegExp, string])[] = [
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, "0x"],
  [/^([-+]?)0[bB]([01]+)$/, "0b"],
  [/^([-+]?)0[oO]?([0-7]+)$/, "0o"],
  [/^([-+]?)(0|[1-9][0-9]*)$/, ""],
];
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d*)?(Z|[-+]\d{2}:\d{2})?)?$/;

/** Resolves a plain scalar. */
export function resolvePlain(text: string): Resolved {
  const fixed = FIXED.get(text);
  if (fixed) return fixed;
  if (/^[0-9]{4}-/.test(text) && isTimestamp(text)) return { tag: "!!timestamp" };
  if (!/^[-+.0-9]/.test(text)) return { tag: "!!str" };
  // Underscores are dropped except behind a leading point, where Go parses the text as it is.
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  const integer = resolveInteger(digits);
  if (integer !== undefined) return { tag: "!!int", number: integer };
  if (FLOAT.test(digits) && Number.isFinite(Number(digits))) {
    return { tag: "!!float", number: formatFloat(Number(digits)) };
  }
  return { tag: "!!str" };
}

/** Resolves a scalar that carries an explicit tag; undefined when the text does not fit the tag. */
export function resolveTagged(tag: string, text: string): Resolved | undefined {
  if (tag === "!!str" || !["!!null", "!!bool", "!!int", "!!float", "!!timestamp"].includes(tag))
    return { tag: "!!str" };
  const resolved = resolvePlain(text);
  if (resolved.tag === tag) return resolved;
  if (tag === "!!float" && resolved.tag === "!!int") {
    return { tag: "!!float", number: formatFloat(Number(resolved.number)) };
  }
  return undefined;
}

/** The decimal text of an integer of at most 64 bits, signed or unsigned; undefined for anything else. */
function resolveInteger(text: string): string | undefined {
  for (const [expression, prefix] of INTEGERS) {
    const [, sign, digits] = expression.exec(text) ?? [];
    if (digits === undefined) continue;
    const magnitude = BigInt(prefix + digits);
    const value = sign === "-" ? -magnitude : magnitude;
    if (value < -(2n ** 63n) || value >= 2n ** 64n || (sign === "+" && value >= 2n ** 63n)) return undefined;
    return value.toString();
  }
  return undefined;
}

function isTimestamp(text: string): boolean {
  const found = TIMESTAMP.exec(text);
  if (!found) return false;
  const [, year, month, day, separator, hour, minute, second, zone] = found;
  // With T a zone is required, behind a blank it is not understood.
  if (separator !== undefined && (separator === " ") !== (zone === undefined)) return false;
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const inDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= days;
  return inDate && Number(hour ?? 0) < 24 && Number(minute ?? 0) < 60 && Number(second ?? 0) < 60;
}
