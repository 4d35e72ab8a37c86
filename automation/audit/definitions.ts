/** What do the definitions of the ESC environments give away? Plain texts where secrets should be, keys that nobody declares, material of retired slots. */
import { isMap, isScalar, isSeq, parseDocument, type Node } from "yaml";
import { type Service } from "../../services/service";
import { variablesOf } from "../../services/select";

/** One leaf of a definition below `values`. */
interface Leaf {
  readonly path: readonly string[];
  /** Inside an `fn::…`, which ESC encrypts or evaluates. */
  readonly isFunction: boolean;
  readonly text: string;
}

/** Keys of an intake that the catalogue does not know. */
export interface UnusedKey {
  readonly service: string;
  /** Below `values`, joined by dots. */
  readonly path: string;
}

/**
 * Paths of texts that stand in clear in the intake and are declared secret, or declared by nobody: secret unless declared plain.
 * A definition that is no YAML mapping has none; reading it is another part's concern.
 */
export function plainTextsOfIntake(yaml: string, catalogue: readonly Service[]): string[] {
  const plain = new Map(catalogue.map((service) => [service.name, plainNames(service)]));
  return leavesOf(yaml)
    .filter(({ path: [root], isFunction, text }) => root === "services" && !isFunction && isLiteral(text))
    .filter(({ path: [, service = "", ...rest] }) => !plain.get(service)?.has(rest.at(-1) ?? ""))
    .map(({ path }) => path.join("."));
}

/** Paths of texts that stand in clear in the secrets environment, which holds nothing but secrets. */
export function plainTextsOfSecrets(yaml: string): string[] {
  return leavesOf(yaml)
    .filter(({ isFunction }) => !isFunction)
    .map(({ path }) => path.join("."));
}

/** Paths of texts in the published environment that stand where a reference should, or that are a secret's value wherever they stand. */
export function plainTextsOfPublished(
  yaml: string,
  secretNames: readonly string[],
  isSecretValue: (text: string) => boolean,
): string[] {
  return leavesOf(yaml)
    .filter(({ isFunction, text }) => !isFunction && isLiteral(text))
    .filter(
      ({ path: [root, name = ""], text }) =>
        (root === "environmentVariables" && secretNames.includes(name)) || isSecretValue(text),
    )
    .map(({ path }) => path.join("."));
}

/** What stands in the intake's services and no service declares; those of `other` are kept for exports and read by nobody else. */
export function unusedKeys(yaml: string, catalogue: readonly Service[]): UnusedKey[] {
  const declared = new Map(catalogue.map((service) => [service.name, new Set(Object.keys(service.variables))]));
  const found = leavesOf(yaml)
    .filter(({ path: [root, , part] }) => root === "services" && part !== undefined)
    .map(({ path: [, service = "", part = "", ...rest] }) => {
      const name = (part === "slots" ? rest[1] : rest[0]) ?? "";
      const known = declared.get(service)?.has(name) && (part === "slots" || part === "settings");
      const depth = part === "slots" ? [part, rest[0] ?? "", name] : part === "settings" ? [part, name] : [part];
      return known ? undefined : { service, path: ["services", service, ...depth].filter(Boolean).join(".") };
    })
    .filter((one) => one !== undefined);
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}

function plainNames(service: Service): Set<string> {
  return new Set(variablesOf(service).flatMap(({ name, secret }) => (secret ? [] : [name])));
}

/** A text that is no reference as a whole. `$$` and the like are spellings of a dollar sign, not references. */
function isLiteral(text: string): boolean {
  return text !== "" && !/^\$\{[^}]*\}$/.test(text);
}

function leavesOf(yaml: string): Leaf[] {
  const document = parseDocument(yaml);
  const values: unknown =
    document.errors.length > 0 || !isMap(document.contents) ? undefined : document.contents.get("values", true);
  return walk(values as Node | undefined, [], false);
}

function walk(node: Node | null | undefined, path: readonly string[], isFunction: boolean): Leaf[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const word = isScalar(key) ? String(key.value) : String(key);
      return word.startsWith("fn::")
        ? walk(value as Node, path, true)
        : walk(value as Node, isFunction ? path : [...path, word], isFunction);
    });
  }
  if (isSeq(node)) return node.items.flatMap((item, index) => walk(item as Node, [...path, String(index)], isFunction));
  const value = isScalar(node) ? node.value : null;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return [];
  return [{ path, isFunction, text: String(value) }];
}
