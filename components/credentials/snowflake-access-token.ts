/**
 * How is a programmatic access token of a Snowflake user made, and how does it end? A dynamic resource over SQL, because the provider of this
 * version has none: `ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN` shows the token once, `… REMOVE …` ends it.
 * https://docs.snowflake.com/en/sql-reference/sql/alter-user-add-programmatic-access-token
 *
 * The identity that acts is the administrator of `SOPHIA_SNOWFLAKE_ADMIN_USER` and `SOPHIA_SNOWFLAKE_ADMIN_PASSWORD`, read from the environment
 * inside the methods: Pulumi writes a provider's code and what it captures into the state in clear text. For the same reason the functions here
 * use nothing but globals, each other and the official driver, which they load from the project's folder themselves.
 */
import * as pulumi from "@pulumi/pulumi";
import type * as Driver from "snowflake-sdk";

/** Arguments of {@link SnowflakeAccessToken}. None of them is secret. */
export interface SnowflakeAccessTokenArgs {
  /** `ORGANIZATION-ACCOUNT`. */
  readonly account: pulumi.Input<string>;
  /** Empty for the account's own address; plain http is for loopback only. */
  readonly accessUrl: pulumi.Input<string>;
  /** The role in which the administrator acts: it must own the user. */
  readonly adminRole: pulumi.Input<string>;
  /** The user that the token logs in as; it is there already and holds `role`. */
  readonly user: pulumi.Input<string>;
  /** What the token is called, unique to the slot and its generation: a token of the user with this name is replaced. */
  readonly name: pulumi.Input<string>;
  /** The only role that the token opens; a user of type SERVICE needs one. */
  readonly role: pulumi.Input<string>;
  /** Days until the token expires, 365 at most by Snowflake's default. Read when the token is made. */
  readonly daysToExpiry: pulumi.Input<number>;
}

/** A programmatic access token. A new `name` makes a new token before the old one is removed. */
export class SnowflakeAccessToken extends pulumi.dynamic.Resource {
  /** The token as programs need it, in the password's place; a secret. */
  declare readonly token: pulumi.Output<string>;

  constructor(name: string, args: SnowflakeAccessTokenArgs, opts?: pulumi.CustomResourceOptions) {
    const secretOutputs = { additionalSecretOutputs: ["token"] };
    const props = { ...args, token: undefined };
    const options = pulumi.mergeOptions(opts, secretOutputs);
    super(snowflakeAccessTokenProvider, name, props, options, "credentials", "SnowflakeAccessToken");
  }
}

/** {@link SnowflakeAccessTokenArgs} when the values are known. */
export interface SnowflakeAccessTokenInputs {
  readonly account: string;
  readonly accessUrl: string;
  readonly adminRole: string;
  readonly user: string;
  readonly name: string;
  readonly role: string;
  readonly daysToExpiry: number;
}

/** What the state holds of a token. */
export interface SnowflakeAccessTokenState extends SnowflakeAccessTokenInputs {
  readonly token: string;
}

/**
 * The methods that the engine calls. Errors name the operation and Snowflake's number, never a statement, an answer, a token or the password.
 * Exported for its specs.
 */
export const snowflakeAccessTokenProvider = {
  /** Makes a token. One with the same name is of a run that died: it cannot be read again, so it is removed first. */
  async create(inputs: SnowflakeAccessTokenInputs) {
    const found = await listTokens(inputs, "list the tokens");
    const token = await runSql(inputs, "make a token", [
      ...(found?.includes(inputs.name) ? [removal(inputs)] : []),
      `ALTER USER ${quoted(inputs.user)} ADD PROGRAMMATIC ACCESS TOKEN ${quoted(inputs.name)} ` +
        `ROLE_RESTRICTION = '${inputs.role.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}' ` +
        `DAYS_TO_EXPIRY = ${Math.trunc(inputs.daysToExpiry)} COMMENT = 'Owned by sophia-secrets'`,
    ]).then((rows) => rows[0]?.["token_secret"]);
    if (!token) throw new Error("Snowflake: cannot make a token: the answer holds none");
    return { id: `${inputs.user}/${inputs.name}`, outs: { ...inputs, token } };
  },

  /** A token cannot be changed into another one. With the same name the old one must go first: names are unique to a user. */
  async diff(_id: string, olds: SnowflakeAccessTokenState, news: SnowflakeAccessTokenInputs) {
    const replaces: string[] = (["account", "user", "name", "role"] as const).filter((key) => olds[key] !== news[key]);
    const isSameToken = !["account", "user", "name"].some((key) => replaces.includes(key));
    // Where and as whom to act may change without a new token, but deleting reads it from the state.
    const isMoved = olds.accessUrl !== news.accessUrl || olds.adminRole !== news.adminRole;
    return { changes: isMoved || replaces.length > 0, replaces, deleteBeforeReplace: isSameToken };
  },

  /** Keeps the token and notes where and as whom to act from now on. */
  async update(_id: string, { token }: SnowflakeAccessTokenState, news: SnowflakeAccessTokenInputs) {
    return { outs: { ...news, token } };
  },

  /** Says that the token is gone if Snowflake does not list it for its user, or does not let it in. */
  async read(id: string, state?: SnowflakeAccessTokenState): Promise<pulumi.dynamic.ReadResult> {
    if (!state) throw new Error("Snowflake: a token cannot be imported: it is shown only when it is made");
    return (await isThere(state, "list the tokens")) ? { id, props: state } : {};
  },

  /** Removes the token. One that is gone already is a success; one that only cannot be seen is not. */
  async delete(_id: string, state: SnowflakeAccessTokenState) {
    if (await isThere(state, "remove a token")) await runSql(state, "remove a token", [removal(state)]);
  },
} satisfies pulumi.dynamic.ResourceProvider<SnowflakeAccessTokenInputs, SnowflakeAccessTokenState>;

/** A row by column name. */
type Row = Readonly<Record<string, string | undefined>>;

/** The names of the user's tokens, expired ones included; undefined where there is no such user, or the role may not see it (002003). */
async function listTokens(
  where: SnowflakeAccessTokenInputs,
  operation: string,
): Promise<readonly string[] | undefined> {
  const statement = `SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER ${quoted(where.user)}`;
  try {
    return (await runSql(where, operation, [statement])).map((row) => row["name"] ?? "");
  } catch (error) {
    if ((error as { code?: number }).code === 2003) return undefined;
    throw error;
  }
}

/**
 * Whether the token is there. Where its user cannot be seen the token itself is tried: what is not let in is gone, and what is let in would
 * live on if it were forgotten, so that is an error.
 */
async function isThere(state: SnowflakeAccessTokenState, operation: string): Promise<boolean> {
  const found = await listTokens(state, operation);
  if (found) return found.includes(state.name);
  const { account, accessUrl, user: username, token: password, role } = state;
  const outcome = await connect({ account, accessUrl, username, password, role }).then(
    async (connection) => {
      await endSession(connection);
      return "let in";
    },
    (error: unknown) => Number((error as { code?: string | number }).code),
  );
  // No such user or password, and no such token: https://docs.snowflake.com/en/user-guide/programmatic-access-tokens
  if (outcome === 390100 || outcome === 394400) return false;
  throw new Error(
    `Snowflake: cannot ${operation} (002003): the role ${quoted(state.adminRole)} sees no user ${quoted(username)}, ` +
      `and the token may be alive (a log-in with it: ${outcome})`,
  );
}

function removal({ user, name }: SnowflakeAccessTokenInputs): string {
  return `ALTER USER ${quoted(user)} REMOVE PROGRAMMATIC ACCESS TOKEN ${quoted(name)}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Logs in as the administrator, runs the statements one after the other, logs out, and returns the rows of the last one. The error has
 * Snowflake's number as its `code` where a statement was refused.
 */
async function runSql(
  { account, accessUrl, adminRole }: SnowflakeAccessTokenInputs,
  operation: string,
  statements: readonly string[],
): Promise<readonly Row[]> {
  const username = process.env["SOPHIA_SNOWFLAKE_ADMIN_USER"];
  const password = process.env["SOPHIA_SNOWFLAKE_ADMIN_PASSWORD"];
  if (!username || !password) {
    throw new Error(`Snowflake: cannot ${operation}: SOPHIA_SNOWFLAKE_ADMIN_USER and …_PASSWORD are not set`);
  }
  // Only the number of an error is told: the text quotes the statement.
  const connection = await connect({ account, accessUrl, username, password, role: adminRole }).catch(
    ({ code = "no number" }: { code?: string | number }) => {
      throw new Error(`Snowflake: cannot ${operation}: cannot log in as the administrator (${code})`);
    },
  );
  try {
    let rows: readonly Row[] = [];
    for (const sqlText of statements) {
      rows = await new Promise((resolve, reject) => {
        connection.execute({
          sqlText,
          complete: (error, _statement, found) => (error ? reject(error) : resolve((found ?? []) as Row[])),
        });
      });
    }
    return rows;
  } catch (error) {
    const { code = "no number" } = error as { code?: string | number };
    throw Object.assign(new Error(`Snowflake: cannot ${operation} (${code})`), { code: Number(code) });
  } finally {
    await endSession(connection);
  }
}

/** Logs in; an empty `accessUrl` stands for the account's own address. Rejects with the driver's error. */
async function connect({
  accessUrl,
  ...who
}: Pick<SnowflakeAccessTokenInputs, "account" | "accessUrl" | "role"> & {
  readonly username: string;
  readonly password: string;
}): Promise<Driver.Connection> {
  const address = accessUrl === "" ? {} : { accessUrl };
  // Not declared by the driver: it repeats a log-in 7 times by default, and 5 refusals lock the user.
  const connection = loadDriver().createConnection({
    ...{ ...who, ...address, application: "sophia_secrets" },
    ...{ timeout: 30_000, clientSessionKeepAlive: false, disableConsoleLogin: true },
    ...({ sfRetryMaxLoginRetries: 0 } as object),
  });
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    return connection;
  } catch (error) {
    await endSession(connection);
    throw error;
  }
}

function endSession(connection: Driver.Connection): Promise<void> {
  return new Promise<void>((resolve) => connection.destroy(() => resolve()));
}

/** The driver, told to write no log file, to ask no cloud who this machine is, and to load no native add-on. */
function loadDriver(): typeof Driver {
  process.env["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] ??= "true";
  process.env["SNOWFLAKE_DISABLE_MINICORE"] ??= "true";
  process.env["SF_TELEMETRY_DISABLE_CONNECTION_SHAPE"] ??= "true";
  // A plain `require` is what the engine leaves alone when it writes this function down, and what is resolved from the project's folder there.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const driver = require("snowflake-sdk") as typeof Driver;
  driver.configure({ logLevel: "OFF", additionalLogToConsole: false });
  return driver;
}
