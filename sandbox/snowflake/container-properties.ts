/** What can be set on a database or a schema? A comment and parameters. */
import { type Context } from "./context";
import { invalidProperty } from "./errors";
import { type Securable } from "./objects";
import { hasParameter, planParameter } from "./parameters";
import { type PropertyValue } from "./statement";

/** Sets COMMENT and parameters of a database or schema, all or none. */
export function setContainerProperties(
  context: Context,
  object: Securable,
  properties: ReadonlyMap<string, PropertyValue>,
): void {
  const changes = [...properties].map(([name, value]) =>
    name === "COMMENT" ? () => void (object.comment = value.text) : planParameter(context, object, name, value),
  );
  for (const change of changes) change();
}

/** Unsets COMMENT and parameters of a database or schema, all or none. */
export function unsetContainerProperties(object: Securable, names: readonly string[]): void {
  for (const name of names) {
    if (name !== "COMMENT" && !hasParameter(object.kind, name)) throw invalidProperty(name, object.kind);
  }
  for (const name of names) {
    if (name === "COMMENT") object.comment = "";
    else object.parameters.delete(name);
  }
}
