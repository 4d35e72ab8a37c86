/** How do property values travel between the engine and our plugin? As a protobuf struct with marks for secrets and for what is not known yet. */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** The properties of a resource as JSON, secrets unwrapped; what is not known yet is {@link UNKNOWN}. */
export type Properties = Readonly<Record<string, unknown>>;

/** Stands for a value that is not known yet, in previews. https://www.pulumi.com/docs/iac/extending-pulumi/pulumi-provider-protocol/ */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Reads what the engine sent. */
export function decode(struct: Struct | undefined): Properties {
  return unwrap(struct?.toJavaScript() ?? {}) as Properties;
}

/** Writes what the engine is to keep; the properties of these names are one secret each. */
export function encode(properties: Properties, secretNames: readonly string[]): Struct {
  const entries = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, secretNames.includes(name) ? { [SIGNATURE_KEY]: SECRET, value } : value]);
  return Struct.fromJavaScript(Object.fromEntries(entries) as Parameters<typeof Struct.fromJavaScript>[0]);
}

function unwrap(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(unwrap);
  if (typeof raw !== "object" || raw === null) return raw;
  const record = raw as Record<string, unknown>;
  if (record[SIGNATURE_KEY] === SECRET) return unwrap(record["value"] ?? null);
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, unwrap(value)]));
}
