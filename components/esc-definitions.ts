/** What do the two ESC environments that the program writes say? Pure text, in the form to which ESC itself rewrites a definition. */
import { Scalar, stringify } from "yaml";
import { plainLeaf, secretLeaf } from "../automation/esc/secret-leaf";
import { type SlotName } from "../services/service";

/** The generated material of one stack: service → slot → variable → value. */
export type GeneratedMaterial = Readonly<
  Record<string, Readonly<Partial<Record<SlotName, Readonly<Record<string, string>>>>>>
>;

/** The tag at which consumers read the secrets environment: a foreign edit of the latest revision never reaches them. */
export const STABLE_TAG = "stable";

/** The secrets environment: nothing but `fn::secret` leaves. */
export function secretsDefinition(material: GeneratedMaterial, fingerprintKey: string): string {
  const services = mapValues(material, (slots) => ({
    slots: mapValues(slots, (values) => mapValues(values, secretLeaf)),
  }));
  const values = { services, fingerprintKey: secretLeaf(fingerprintKey) };
  return stringify({ values }, { lineWidth: 0 });
}

/** One published variable: a reference into the imported environments, or the text of a plain value. */
export type PublishedValue = { readonly reference: string } | { readonly text: string };

/** What {@link publishedDefinition} is made of. */
export interface PublishedDefinition {
  /** `project/environment` or `project/environment@tag`, later ones win. */
  readonly imports: readonly string[];
  /** By variable name. */
  readonly variables: Readonly<Record<string, PublishedValue>>;
}

/**
 * The published environment: `environmentVariables` for programs, `pulumiConfig` for Pulumi programs, all by reference.
 * It holds no secret and is a fixed point of ESC's own rewriting, so a refresh is clean and a foreign edit shows as drift.
 */
export function publishedDefinition({ imports, variables }: PublishedDefinition): string {
  const names = Object.keys(variables).sort();
  const environmentVariables = mapValues(variables, publishedLeaf);
  const pulumiConfig = Object.fromEntries(
    names.map((name) => [`sophia:${camelCase(name)}`, `\${environmentVariables.${name}}`]),
  );
  return stringify({ imports, values: { environmentVariables, pulumiConfig } }, { lineWidth: 0, singleQuote: true });
}

/** Where a service's variable lives in the imported environments. */
export function slotReference(service: string, slot: SlotName, variable: string): string {
  return `services.${service}.slots.${slot}.${variable}`;
}

/** Where a setting that a person has put in lives in the imported intake. */
export function settingReference(service: string, variable: string): string {
  return `services.${service}.settings.${variable}`;
}

/** A text stands in single quotes, which ESC keeps: without them it takes more texts for numbers than our YAML library does (`0b11`, `1_000`). */
function publishedLeaf(value: PublishedValue): string | Scalar {
  if ("reference" in value) return `\${${value.reference}}`;
  const scalar = new Scalar(plainLeaf(value.text));
  scalar.type = Scalar.QUOTE_SINGLE;
  return scalar;
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, transform: (value: V) => W): Record<string, W> {
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, transform(record[key] as V)]),
  );
}

/** SNOWFLAKE_PASSWORD → snowflakePassword. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
