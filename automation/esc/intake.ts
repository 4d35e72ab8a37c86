/** What does the intake environment say? Its shape, and the edits that the command line makes to it. */
import { type Document, isMap, isScalar, type Node, Scalar, visit } from "yaml";
import { z } from "zod";
import { type SlotName } from "../../services/service";
import { usageError } from "../errors";
import { FIRST_RECORD, recordSchema, type RotationRecord } from "../rotation/record";
import { destinationsSchema, type GitHubIntake } from "./intake-destinations";
import { parseDefinition, spliceEdits } from "./definition-text";
import { plainLeaf, secretLeaf } from "./secret-leaf";

const scalarText = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), scalarText);
const serviceSchema = z.object({
  settings: texts.optional(),
  slots: z.object({ a: texts.optional(), b: texts.optional() }).optional(),
});
const intakeSchema = z.object({
  services: z.record(z.string(), serviceSchema).optional(),
  rotation: z.record(z.string(), recordSchema).optional(),
  destinations: destinationsSchema.optional(),
});

/** What a person or an import has put in for one service. Values of secrets are in here: never print it. */
export interface ServiceIntake {
  readonly settings: Readonly<Record<string, string>>;
  readonly slots: Readonly<Partial<Record<SlotName, Readonly<Record<string, string>>>>>;
}

/** The evaluated intake environment. */
export interface Intake {
  service(name: string): ServiceIntake;
  /** The record of a service; {@link FIRST_RECORD} where there is none yet. */
  rotation(name: string): RotationRecord;
  /** Places that were named on the command line and are in no settings file. */
  readonly github?: GitHubIntake;
}

/**
 * Reads the opened environment's values. Throws a usage error that names every malformed path (never what is there);
 * keys that are not ours are left alone.
 */
export function parseIntake(values: unknown, environment: string): Intake {
  const parsed = intakeSchema.safeParse(values ?? {});
  if (!parsed.success) {
    const places = parsed.error.issues.map(
      (issue) => `values.${issue.path.join(".")} (${issue.code.replaceAll("_", " ")})`,
    );
    throw usageError(
      "intake.malformed",
      `The intake environment ${environment} is malformed at ${places.join(", ")}; nothing was changed.`,
      `Correct it with: pulumi env edit ${environment}`,
    );
  }
  const { services = {}, rotation = {}, destinations } = parsed.data;
  return {
    service: (name) => {
      const { settings = {}, slots = {} } = services[name] ?? {};
      return { settings, slots: { ...(slots.a ? { a: slots.a } : {}), ...(slots.b ? { b: slots.b } : {}) } };
    },
    rotation: (name) => rotation[name] ?? FIRST_RECORD,
    ...(destinations?.github ? { github: destinations.github } : {}),
  };
}

/** One change of the definition below `values`: a plain JSON value, a secret's text, or the removal of the key. */
export type IntakeEdit =
  | { readonly path: readonly string[]; readonly plain: unknown }
  | { readonly path: readonly string[]; readonly secret: string }
  | { readonly path: readonly string[]; readonly remove: true };

/**
 * The definition with the edits made. Everything else, comments, spacing and ciphertext included, stays byte for byte, or as near to that as
 * printing it again comes where the text has anchors, tags or explicit keys.
 * Throws a usage error when the definition is no YAML mapping.
 */
export function applyEdits(yaml: string, edits: readonly IntakeEdit[], environment: string): string {
  const { definition, malformed } = parseDefinition(yaml);
  if (malformed || (definition.contents !== null && !isMap(definition.contents))) {
    throw usageError(
      "intake.malformed",
      `The intake environment ${environment} is not a YAML mapping; nothing was changed.`,
      `Correct it with: pulumi env edit ${environment}`,
    );
  }
  const changes = edits.map((edit) => ({ path: ["values", ...edit.path], node: nodeOf(definition, edit) }));
  const spliced = spliceEdits(yaml, definition, changes);
  if (spliced !== undefined) return spliced;
  definition.contents ??= definition.createNode({});
  for (const { path, node } of changes) {
    if (node) putIn(definition, path, node);
    else if (definition.hasIn(path)) definition.deleteIn(path);
  }
  return definition.toString({ lineWidth: 0 });
}

/** Like `setIn`, which stops at a key that stands there without a value. */
function putIn(definition: Document, path: readonly string[], node: Node): void {
  const empty = path.findIndex((_, index) => index > 0 && isScalar(definition.getIn(path.slice(0, index), true)));
  if (empty > 0) definition.setIn(path.slice(0, empty), definition.createNode({}));
  definition.setIn(path, node);
}

function nodeOf(definition: Document, edit: IntakeEdit): Node | undefined {
  if ("remove" in edit) return undefined;
  return "secret" in edit ? secretLeaf(edit.secret) : plainNode(definition, edit.plain);
}

/** The value with every string as ESC must read it, which takes more texts for numbers than our YAML library does (`0b11`, `1_000`). */
function plainNode(definition: Document, value: unknown): Node {
  const node = definition.createNode(value);
  visit(node, {
    Scalar: (key, scalar) => {
      if (typeof scalar.value !== "string" || key === "key") return;
      scalar.value = plainLeaf(scalar.value);
      scalar.type = Scalar.QUOTE_SINGLE;
    },
  });
  return node;
}
