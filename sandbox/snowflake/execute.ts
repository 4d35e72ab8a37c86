/** Which code answers a statement? The verbs; everything that is not known is an error, never an empty success. */
import { showAccessTokens } from "./access-tokens";
import { type Context, type CreateOptions, type Noun } from "./context";
import { EXECUTED } from "./create";
import { databases, showReplicationDatabases } from "./databases";
import { SqlError } from "./errors";
import { grant, revoke } from "./grants";
import { networkPolicies } from "./network-policies";
import { hasParameter, isSessionParameter, planParameter, showParameters } from "./parameters";
import { roles } from "./roles";
import { schemas } from "./schemas";
import { select } from "./select";
import { use } from "./session-objects";
import { showFutureGrants, showGrants } from "./show-grants";
import { Statement, type Binding } from "./statement";
import { status, type Table } from "./table";
import { users } from "./users";
import { warehouses } from "./warehouses";

const NOUNS: readonly Noun[] = [users, roles, warehouses, databases, schemas, networkPolicies];

const VERBS: Readonly<Record<string, (context: Context, statement: Statement) => Table>> = {
  SELECT: select,
  SHOW: show,
  DESCRIBE: describe,
  DESC: describe,
  CREATE: create,
  ALTER: alter,
  DROP: drop,
  GRANT: grant,
  REVOKE: revoke,
  USE: use,
};

/** Runs one statement. Throws {@link SqlError}. */
export function execute(context: Context, sql: string, bindings: Readonly<Record<string, Binding>> = {}): Table {
  const statement = Statement.parse(sql, bindings);
  const verb = statement.peek()?.kind === "word" ? VERBS[statement.peek()?.text.toUpperCase() ?? ""] : undefined;
  if (!verb) throw statement.unexpected();
  statement.keyword();
  return verb(context, statement);
}

function create(context: Context, statement: Statement): Table {
  const orReplace = statement.accept("OR", "REPLACE");
  const transient = statement.accept("TRANSIENT");
  const noun = readNoun(statement, ({ words }) => words);
  const options: CreateOptions = { orReplace, transient, ifNotExists: statement.accept("IF", "NOT", "EXISTS") };
  return noun.create(context, statement, options);
}

function alter(context: Context, statement: Statement): Table {
  if (statement.accept("SESSION")) return alterSession(statement);
  if (statement.accept("ACCOUNT")) return alterAccount(context, statement);
  const noun = readNoun(statement, ({ words }) => words);
  return tolerateMissing(statement.accept("IF", "EXISTS"), () => noun.alter(context, statement));
}

function drop(context: Context, statement: Statement): Table {
  const noun = readNoun(statement, ({ words }) => words);
  return tolerateMissing(statement.accept("IF", "EXISTS"), () => noun.drop(context, statement));
}

function describe(context: Context, statement: Statement): Table {
  const noun = readNoun(statement, ({ words }) => words);
  if (!noun.describe) throw statement.unexpected();
  return noun.describe(context, statement);
}

function show(context: Context, statement: Statement): Table {
  statement.accept("TERSE");
  if (statement.accept("PARAMETERS")) return showParameters(context, statement);
  if (statement.accept("GRANTS")) return showGrants(context, statement);
  if (statement.accept("FUTURE", "GRANTS")) return showFutureGrants(context, statement);
  if (statement.accept("REPLICATION", "DATABASES")) return showReplicationDatabases();
  const tokens = statement.accept("USER", "PROGRAMMATIC", "ACCESS", "TOKENS") || statement.accept("USER", "PATS");
  if (tokens) return showAccessTokens(context, statement);
  return readNoun(statement, ({ plural }) => plural).show(context, statement);
}

function readNoun(statement: Statement, words: (noun: Noun) => readonly string[]): Noun {
  const noun = NOUNS.find((candidate) => statement.accept(...words(candidate)));
  if (!noun) throw statement.unexpected();
  return noun;
}

/** `IF EXISTS`: an object that is not there is no error. */
function tolerateMissing(tolerant: boolean, run: () => Table): Table {
  try {
    return run();
  } catch (error) {
    if (tolerant && error instanceof SqlError && error.code === "002003") return status(EXECUTED);
    throw error;
  }
}

function alterSession(statement: Statement): Table {
  const names = statement.accept("UNSET") ? statement.keywords() : readSessionSettings(statement);
  statement.end();
  const unknown = names.find((name) => !isSessionParameter(name));
  if (unknown !== undefined) {
    throw new SqlError("001006", `SQL compilation error:\ninvalid parameter '${unknown}'`, "42601");
  }
  return status(EXECUTED);
}

function readSessionSettings(statement: Statement): string[] {
  statement.expect("SET");
  return [...statement.properties().keys()];
}

function alterAccount(context: Context, statement: Statement): Table {
  const { account, session } = context;
  account.requirePrivilege(session.role, "MANAGE ACCOUNT", account.root);
  if (statement.accept("UNSET")) {
    const names = statement.keywords();
    statement.end();
    for (const name of names) if (hasParameter("ACCOUNT", name)) account.root.parameters.delete(name);
    return status(EXECUTED);
  }
  statement.expect("SET");
  const properties = statement.properties();
  statement.end();
  const changes = [...properties].map(([name, value]) => planParameter(context, account.root, name, value));
  for (const change of changes) change();
  return status(EXECUTED);
}
