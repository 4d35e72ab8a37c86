/**
 * What stands in for Snowflake? One account over the protocol of Snowflake's drivers, in memory, on loopback:
 * - `POST /session/v1/login-request` (password, SNOWFLAKE_JWT, PROGRAMMATIC_ACCESS_TOKEN; all of them checked),
 *   `POST /session?delete=true`, `POST /session/token-request`, `POST /session/heartbeat`
 * - `POST /queries/v1/query-request`, `POST /queries/v1/abort-request`, `POST /telemetry/send`
 *
 * Statements: CREATE, ALTER, DROP, SHOW (and DESCRIBE, where the provider asks) of users, roles, warehouses, databases, schemas and network
 * policies; GRANT and REVOKE of roles and privileges, future ones included; SHOW GRANTS and PARAMETERS; programmatic access tokens; USE;
 * SELECT of constants and of CURRENT_…() functions. https://docs.snowflake.com/en/sql-reference/sql-all
 * Key pairs: https://docs.snowflake.com/en/user-guide/key-pair-auth
 *
 * Not here: data, tags, policies other than network policies (whose lists are not enforced), secondary roles. Unknown SQL is an error.
 */
import { createStandIn, type StandIn } from "../kit/stand-in";
import { Account } from "./account";
import { endpoints, type Backend, type LogInAttempt, type StatementRecord } from "./endpoints";
import { SqlError } from "./errors";
import { checkPassword, chooseRole } from "./log-in";
import { type LogInRecord } from "./login-history";
import { seedAccount, type SnowflakeSeed } from "./seed";
import { Sessions } from "./sessions";
import { viewGrants, viewRoles, viewUser, type GrantView, type RoleView, type UserView } from "./views";

/** Options of {@link startSnowflake}. */
export interface SnowflakeOptions {
  /** The first half of the account identifier `ORGANIZATION-ACCOUNT`; upper case is used. */
  readonly organization: string;
  readonly account: string;
  /** @default 0, a free one */
  readonly port?: number;
  readonly seed: SnowflakeSeed;
  /** For `POST /_faults`. */
  readonly adminToken?: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
}

/** What {@link SnowflakeStandIn.tryLogin} says. */
export type LogInResult = { readonly ok: true; readonly role: string } | { readonly ok: false; readonly code: string };

/** A running Snowflake stand-in, with what only a test may see. */
export interface SnowflakeStandIn extends StandIn {
  /** `ORGANIZATION-ACCOUNT` */
  readonly accountIdentifier: string;
  users(): readonly UserView[];
  /** By exact name; undefined when there is none. */
  user(name: string): UserView | undefined;
  roles(): readonly RoleView[];
  grants(): readonly GrantView[];
  /** Every log-in that was tried over the wire. */
  loginAttempts(): readonly LogInAttempt[];
  /** Every statement that was run: its keywords, never its text. */
  statements(): readonly StatementRecord[];
  /** Would this password (or programmatic access token) be let in with the user's default role? Recorded nowhere, and no failure counts. */
  tryLogin(user: string, password: string): LogInResult;
  /** Puts a log-in of the past, or from elsewhere, into the history. */
  addLogIn(record: LogInRecord): void;
  /** Makes the tokens of all sessions expire, as after an hour; drivers renew them. */
  expireSessions(): void;
  openSessions(): number;
  /** Whether people need a second factor, which no program has. @default they do not */
  requireSecondFactor(isRequired: boolean): void;
}

/** Starts an account on a loopback port. Throws when the port is taken or the seed names something twice. */
export async function startSnowflake(options: SnowflakeOptions): Promise<SnowflakeStandIn> {
  const clock = options.clock ?? Date.now;
  const account = new Account(options.organization.toUpperCase(), options.account.toUpperCase(), clock);
  seedAccount(account, options.seed);
  const backend: Backend = { account, sessions: new Sessions(account), attempts: [], statements: [] };
  const standIn = await createStandIn({
    name: "snowflake",
    routes: endpoints(backend),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.adminToken === undefined ? {} : { adminToken: options.adminToken }),
  });
  return {
    ...standIn,
    accountIdentifier: account.identifier,
    users: () => account.users.all().map((user) => viewUser(account, user)),
    user: (name) => {
      const found = account.users.find(name);
      return found && viewUser(account, found);
    },
    roles: () => viewRoles(account),
    grants: () => viewGrants(account),
    loginAttempts: () => [...backend.attempts],
    statements: () => [...backend.statements],
    tryLogin: (user, password) => tryLogin(account, user, password),
    addLogIn: (record) => void account.logIns.push(record),
    expireSessions: () => backend.sessions.expireAll(),
    requireSecondFactor: (isRequired: boolean) => {
      account.requiresSecondFactor = isRequired;
    },
    openSessions: () => backend.sessions.count,
  };
}

function tryLogin(account: Account, user: string, password: string): LogInResult {
  try {
    const identity = checkPassword(account, user, password, false);
    return { ok: true, role: chooseRole(account, identity, undefined).name };
  } catch (error) {
    if (error instanceof SqlError) return { ok: false, code: error.code };
    throw error;
  }
}
