/** How are users made, changed and removed? https://docs.snowflake.com/en/sql-reference/commands-user-role#user-management */
import { alterAccessToken } from "./access-tokens";
import { readShowFilter, type Context, type Noun } from "./context";
import { createObject, dropObject, EXECUTED } from "./create";
import { alreadyExists, doesNotExist } from "./errors";
import { type User } from "./objects";
import { setUserProperties, newUser, unsetUserProperties } from "./user-properties";
import { describeUser, userColumns } from "./user-tables";
import { type Statement } from "./statement";
import { status, tableOf, type Table } from "./table";

/** CREATE, ALTER, DROP, SHOW and DESCRIBE of users, and their programmatic access tokens. */
export const users: Noun = {
  words: ["USER"],
  plural: ["USERS"],

  create(context, statement, options) {
    const { account, session } = context;
    account.requirePrivilege(session.role, "CREATE USER", account.root);
    const name = statement.identifier();
    const properties = statement.properties();
    statement.end();
    return createObject(context, account.users, name, options, () => {
      const user = newUser(account, name, session.role);
      const existing = account.users.find(name);
      setUserProperties(context, user, properties);
      if (!properties.has("LOGIN_NAME")) requireFreeLogInName(context, user, existing);
      return user;
    });
  },

  alter(context, statement) {
    const { account, session } = context;
    const user = account.users.require(statement.identifier());
    const token = alterAccessToken(context, user, statement);
    if (token) return token;
    account.requireOwnership(session.role, user);
    if (statement.accept("RENAME", "TO")) {
      const name = statement.identifier();
      statement.end();
      account.users.rename(user, name);
    } else if (statement.accept("SET")) {
      const properties = statement.properties();
      statement.end();
      if (properties.size === 0) throw statement.unexpected();
      setUserProperties(context, user, properties);
    } else if (statement.accept("UNSET")) {
      const names = statement.keywords();
      statement.end();
      unsetUserProperties(user, names);
    } else {
      statement.expect("ABORT", "ALL", "QUERIES");
      statement.end();
    }
    return status(EXECUTED);
  },

  drop(context, statement) {
    const user = context.account.users.require(statement.identifier());
    statement.end();
    return dropObject(context, context.account.users, user);
  },

  show(context, statement) {
    const filter = readShowFilter<User>(statement);
    const seen = context.account.users.all().filter((user) => maySee(context, user));
    return tableOf(userColumns(context), filter(seen));
  },

  describe(context: Context, statement: Statement): Table {
    const user = context.account.users.require(statement.identifier());
    statement.end();
    if (!maySee(context, user)) throw doesNotExist("user", user.name);
    return describeUser(user);
  },
};

/** A user sees itself; the rest is for its owner and for who manages grants. */
function maySee({ account, session }: Context, user: User): boolean {
  return user === session.user || account.owns(session.role, user) || account.managesGrants(session.role);
}

function requireFreeLogInName({ account }: Context, user: User, replaced: User | undefined): void {
  const loginName = user.texts.get("LOGIN_NAME");
  for (const other of account.users.all()) {
    if (other !== replaced && other.texts.get("LOGIN_NAME") === loginName) throw alreadyExists(user.name);
  }
}
