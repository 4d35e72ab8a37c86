/** How do property values travel between the engine and a plugin? As a protobuf struct in which sentinels mark secrets, unknowns and assets. */
import { readFileSync } from "node:fs";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/**
 * Stands for a value that is not known yet, in previews only. The engine has one such text a type
 * (https://www.pulumi.com/docs/iac/extending-pulumi/pulumi-provider-protocol/); decoding turns all of them into this one.
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNKNOWNS: ReadonlySet<string> = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** An asset of a program: its text, or the path of a file that holds it. */
export class Asset {
  constructor(
    private readonly text: string | undefined,
    private readonly path: string | undefined,
  ) {}

  /** The asset's content. Throws when it is a remote asset, or when its file cannot be read. */
  read(): string {
    if (this.path) return readFileSync(this.path, "utf8");
    if (this.text === undefined) throw new Error("only text and file assets can be read");
    return this.text;
  }
}

/** A property's value with secrets unwrapped; unknown values are {@link UNKNOWN}. */
export type PropertyValue = null | boolean | number | string | Asset | PropertyValue[] | PropertyBag;

/** The properties of one resource by name, secrets unwrapped. */
export interface PropertyBag {
  [name: string]: PropertyValue;
}

/** A value as the struct holds it, sentinels and all. */
type WireValue = null | boolean | number | string | WireValue[] | { [name: string]: WireValue };

/** What a struct of the engine says: the plain values, and which of them are secret or hold a secret. */
export interface DecodedProperties {
  readonly values: PropertyBag;
  readonly secretNames: ReadonlySet<string>;
}

/** Reads a struct of the engine; properties that are null count as absent. */
export function decodeProperties(struct: Struct | undefined): DecodedProperties {
  const values: PropertyBag = {};
  const secretNames = new Set<string>();
  for (const [name, raw] of Object.entries((struct?.toJavaScript() ?? {}) as Record<string, WireValue>)) {
    const value = decodeValue(raw, () => secretNames.add(name));
    if (value !== null) values[name] = value;
  }
  return { values, secretNames };
}

/** Writes a struct for the engine, in which every property named in `secretNames` is wrapped as one secret. */
export function encodeProperties(values: PropertyBag, secretNames: ReadonlySet<string>): Struct {
  const encoded: Record<string, WireValue> = {};
  for (const [name, value] of Object.entries(values)) {
    const plain = encodeValue(value);
    encoded[name] = secretNames.has(name) ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: plain } : plain;
  }
  return Struct.fromJavaScript(encoded);
}

/** Is this value, or any part of it, not known yet? */
export function hasUnknown(value: PropertyValue | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== "object" || value === null || value instanceof Asset) return false;
  return Object.values(value).some(hasUnknown);
}

/** The property as a text; the empty one when it is absent, unknown or of another type, as the official plugins read it. */
export function textOf(bag: PropertyBag, name: string): string {
  const value = bag[name];
  return typeof value === "string" && value !== UNKNOWN ? value : "";
}

/** The property as a list of texts in order, undefined when it is absent. */
export function sortedTexts(value: PropertyValue | undefined): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === "string").sort();
}

function decodeValue(raw: WireValue, sawSecret: () => void): PropertyValue {
  if (typeof raw === "string") return UNKNOWNS.has(raw) ? UNKNOWN : raw;
  if (typeof raw !== "object" || raw === null) return raw;
  if (Array.isArray(raw)) return raw.map((item) => decodeValue(item, sawSecret));
  const signature = raw[SIGNATURE_KEY];
  if (signature === SECRET_SIGNATURE) {
    sawSecret();
    return decodeValue(raw["value"] ?? null, sawSecret);
  }
  if (signature === ASSET_SIGNATURE) return new Asset(optionalText(raw["text"]), optionalText(raw["path"]));
  if (signature === RESOURCE_SIGNATURE) return decodeValue(raw["id"] ?? raw["urn"] ?? null, sawSecret);
  return Object.fromEntries(Object.entries(raw).map(([name, item]) => [name, decodeValue(item, sawSecret)]));
}

function encodeValue(value: PropertyValue): WireValue {
  if (value instanceof Asset) throw new Error("an asset cannot be returned to the engine");
  if (Array.isArray(value)) return value.map(encodeValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encodeValue(item)]));
}

function optionalText(raw: WireValue | undefined): string | undefined {
  return typeof raw === "string" ? raw : undefined;
}
