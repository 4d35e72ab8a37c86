/** In which session does a statement run, and what does each kind of object contribute? The types that the noun files share. */
import { type Account } from "./account";
import { invalidProperty, invalidValue } from "./errors";
import { type Role, type Securable, type User } from "./objects";
import { type PropertyValue, type Statement } from "./statement";
import { likeMatcher, type Table } from "./table";

/** A logged-in session. Names are those asked for; whether they can be used is decided when they are. */
export interface Session {
  readonly id: number;
  token: string;
  readonly masterToken: string;
  readonly user: User;
  role: Role;
  warehouse: string | undefined;
  database: string | undefined;
  schema: string | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
  masterExpiresAt: number;
  lastQueryId: string | undefined;
}

/** Where a statement runs. */
export interface Context {
  readonly account: Account;
  readonly session: Session;
}

/** `CREATE [OR REPLACE] [TRANSIENT] … [IF NOT EXISTS]` */
export interface CreateOptions {
  readonly orReplace: boolean;
  readonly transient: boolean;
  readonly ifNotExists: boolean;
}

/** The statements about one kind of object. The cursor stands behind the noun (and IF [NOT] EXISTS) when a method is called. */
export interface Noun {
  /** Singular, e.g. `["NETWORK", "POLICY"]`. */
  readonly words: readonly string[];
  readonly plural: readonly string[];
  create(context: Context, statement: Statement, options: CreateOptions): Table;
  alter(context: Context, statement: Statement): Table;
  drop(context: Context, statement: Statement): Table;
  show(context: Context, statement: Statement): Table;
  describe?(context: Context, statement: Statement): Table;
}

/** `[LIKE 'p'] [IN ACCOUNT] [STARTS WITH 's'] [LIMIT n [FROM 's']]`: a filter for the objects of a SHOW. */
export function readShowFilter<T extends Securable>(statement: Statement): (objects: readonly T[]) => T[] {
  const like = statement.accept("LIKE") ? likeMatcher(statement.string()) : () => true;
  statement.accept("IN", "ACCOUNT");
  return readShowTail(statement, like);
}

/** The part of a SHOW behind LIKE and IN. */
export function readShowTail<T extends Securable>(
  statement: Statement,
  like: (name: string) => boolean,
): (objects: readonly T[]) => T[] {
  const prefix = statement.accept("STARTS", "WITH") ? statement.string() : "";
  const limit = statement.accept("LIMIT") ? statement.number() : Infinity;
  const from = statement.accept("FROM") ? statement.string() : "";
  statement.end();
  return (objects) =>
    objects.filter(({ name }) => like(name) && name.startsWith(prefix) && name >= from).slice(0, limit);
}

/** `TRUE` or `FALSE`. Throws 001008 for anything else. */
export function toBoolean(property: string, value: PropertyValue): boolean {
  const text = value.text.toUpperCase();
  if (text !== "TRUE" && text !== "FALSE") throw invalidValue(property);
  return text === "TRUE";
}

/** A whole number. Throws 001008 for anything else. */
export function toInteger(property: string, value: PropertyValue): number {
  if (!/^-?\d+$/.test(value.text)) throw invalidValue(property);
  return Number(value.text);
}

/** Throws 001420 unless the name is among those allowed. */
export function requireProperty(allowed: readonly string[], name: string, noun: string): void {
  if (!allowed.includes(name)) throw invalidProperty(name, noun);
}
