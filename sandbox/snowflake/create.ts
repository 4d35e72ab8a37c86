/** What happens when the name of a new object is taken? The rules that all CREATE statements share. */
import { type Context, type CreateOptions } from "./context";
import { type ObjectStore, type Securable } from "./objects";
import { status, type Table } from "./table";

/**
 * Adds the object that `build` makes, with `IF NOT EXISTS` and `OR REPLACE` as asked. `build` must check everything and change nothing.
 * Throws 002002 when the name is taken.
 */
export function createObject<T extends Securable>(
  context: Context,
  store: ObjectStore<T>,
  name: string,
  options: CreateOptions,
  build: () => T,
): Table {
  const existing = store.find(name);
  if (existing && options.ifNotExists) return status(`${name} already exists, statement succeeded.`);
  const object = build();
  if (existing && options.orReplace) dropObject(context, store, existing);
  store.add(object);
  return status(`${capital(store.noun)} ${name} successfully created.`);
}

/** Removes the object and every grant on it. Throws 003001 unless the session's role owns it. */
export function dropObject<T extends Securable>(context: Context, store: ObjectStore<T>, object: T): Table {
  const { account, session } = context;
  account.requireOwnership(session.role, object);
  store.delete(object);
  account.forget(object, session.role);
  return status(`${object.name} successfully dropped.`);
}

/** The answer of an ALTER, a GRANT and the like. */
export const EXECUTED = "Statement executed successfully.";

function capital(noun: string): string {
  return noun.charAt(0).toUpperCase() + noun.slice(1);
}
