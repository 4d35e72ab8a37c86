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
      ...(found.includes(inputs.name) ? [removal(inputs)] : []),
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

  /** Says that the token is gone if Snowflake does not list it for its user; a user that is gone has none. */
  async read(id: string, state?: SnowflakeAccessTokenState): Promise<pulumi.dynamic.ReadResult> {
    if (!state) throw new Error("Snowflake: a token cannot be imported: it is shown only when it is made");
    const found = await listTokens(state, "list the tokens");
    return found.includes(state.name) ? { id, props: state } : {};
  },

  /** Removes the token. One that is gone already is a success. */
  async delete(_id: string, state: SnowflakeAccessTokenState) {
    const found = await listTokens(state, "list the tokens");
    if (found.includes(state.name)) await runSql(state, "remove a token", [removal(state)]);
  },
} satisfies pulumi.dynamic.ResourceProvider<SnowflakeAccessTokenInputs, SnowflakeAccessTokenState>;

/** A row by column name. */
type Row = Readonly<Record<string, string | undefined>>;

/** The names of the user's tokens, expired ones included; none where the user is gone. */
async function listTokens(where: SnowflakeAccessTokenInputs, operation: string): Promise<readonly string[]> {
  const statement = `SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER ${quoted(where.user)}`;
  // 002003: the user does not exist.
  const rows = await runSql(where, operation, [statement], 2003);
  return rows.map((row) => row["name"] ?? "");
}

function removal({ user, name }: SnowflakeAccessTokenInputs): string {
  return `ALTER USER ${quoted(user)} REMOVE PROGRAMMATIC ACCESS TOKEN ${quoted(name)}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Logs in as the administrator, runs the statements one after the other, logs out, and returns the rows of the last one.
 * A statement that is refused with the number `tolerated` ends it with no rows.
 */
async function runSql(
  { account, accessUrl, adminRole }: SnowflakeAccessTokenInputs,
  operation: string,
  statements: readonly string[],
  tolerated?: number,
): Promise<readonly Row[]> {
  const username = process.env["SOPHIA_SNOWFLAKE_ADMIN_USER"];
  const password = process.env["SOPHIA_SNOWFLAKE_ADMIN_PASSWORD"];
  if (!username || !password) {
    throw new Error(`Snowflake: cannot ${operation}: SOPHIA_SNOWFLAKE_ADMIN_USER and …_PASSWORD are not set`);
  }
  const address = accessUrl === "" ? {} : { accessUrl };
  const settings = { account, ...address, username, password, role: adminRole, application: "sophia_secrets" };
  // Not declared by the driver: it repeats a log-in 7 times by default, and 5 refusals lock the user.
  const connection = loadDriver().createConnection({
    ...{ ...settings, timeout: 30_000, clientSessionKeepAlive: false, disableConsoleLogin: true },
    ...({ sfRetryMaxLoginRetries: 0 } as object),
  });
  let step = "log in";
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    step = operation;
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
    // Only the number: the text quotes the statement.
    const { code = "no number" } = error as { code?: string | number };
    if (step === operation && Number(code) === tolerated) return [];
    const doing = step === operation ? operation : `${operation}: cannot ${step} as the administrator`;
    throw new Error(`Snowflake: cannot ${doing} (${code})`);
  } finally {
    await new Promise<void>((resolve) => connection.destroy(() => resolve()));
  }
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
