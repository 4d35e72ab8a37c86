/** How do we talk to Snowflake's official driver without it talking to anybody else? Loads it, quietly, and runs one log-in with one statement. */
import type * as Driver from "snowflake-sdk";
import { type Connection, type ConnectionOptions, type SnowflakeError } from "snowflake-sdk";

/**
 * How the user shows who it is. An access token goes where a password does, as the vendor says for programs that know no better; a private key
 * (PEM) signs a token of two minutes. https://docs.snowflake.com/en/user-guide/programmatic-access-tokens
 */
export type LogInCredential = { readonly password: string } | { readonly privateKey: string };

/** What a log-in needs. */
export interface LogIn {
  /** `ORGANIZATION-ACCOUNT`. */
  readonly account: string;
  /** Empty for the account's own address. */
  readonly accessUrl: string;
  readonly user: string;
  readonly credential: LogInCredential;
  readonly role?: string;
  readonly warehouse?: string;
  readonly database?: string;
  readonly schema?: string;
  /** Milliseconds for each request to Snowflake. */
  readonly timeoutMs: number;
}

/** Thrown when the driver cannot be loaded. */
export class DriverMissingError extends Error {
  constructor(cause: unknown) {
    super("snowflake-sdk cannot be loaded", { cause });
    this.name = "DriverMissingError";
  }
}

/** What the driver or Snowflake said, reduced to what may be looked at; `said` must not be shown, because it can quote names and addresses. */
export class SnowflakeRefusal extends Error {
  constructor(
    /** `log-in` until a session exists. */
    readonly phase: "log-in" | "statement",
    /** Snowflake's or the driver's number, e.g. 390100. */
    readonly errorCode: number | undefined,
    /** HTTP status where Snowflake did not answer in its own form. */
    readonly status: number | undefined,
    /** The operating system's word for a failed connection. */
    readonly connectionCode: string | undefined,
    readonly said: string,
  ) {
    super(`Snowflake ${phase} failed (${errorCode ?? status ?? connectionCode ?? "unknown"})`);
    this.name = "SnowflakeRefusal";
  }
}

/** An option that the driver has but does not declare: retries of the log-in, 7 by default, each a chance to lock the user. */
type Options = ConnectionOptions & { readonly sfRetryMaxLoginRetries: number };

const GOODBYE_MS = 3_000;

/** A row, an array of cells in the order of the columns. */
export type Cells = readonly unknown[];

/** A row by the names of its columns. */
export type NamedCells = Readonly<Record<string, unknown>>;

/** Runs statements in one session. Both throw {@link SnowflakeRefusal}. */
export interface SnowflakeSession {
  /** The rows, each an array in the order of the columns. */
  rows(statement: string): Promise<readonly Cells[]>;
  /** The rows, each by the names of the columns, lower case. */
  named(statement: string): Promise<readonly NamedCells[]>;
}

/**
 * Logs in once, runs the statement and logs out. Returns the rows. Throws {@link SnowflakeRefusal}, or {@link DriverMissingError}.
 * Ends by itself: every request has a time limit.
 */
export async function queryOnce(logIn: LogIn, statement: string): Promise<readonly Cells[]> {
  return withSession(logIn, (session) => session.rows(statement));
}

/** Logs in, lets the work run its statements, and logs out. Throws what the work throws, and as {@link queryOnce} does. */
export async function withSession<T>(logIn: LogIn, work: (session: SnowflakeSession) => Promise<T>): Promise<T> {
  const driver = await loadDriver();
  let connection: Connection;
  try {
    connection = driver.createConnection(connectionOptions(logIn));
  } catch (error) {
    throw refusalOf("log-in", error);
  }
  try {
    await connect(connection);
    return await work({
      rows: async (statement) => {
        const rows = await readRows(connection, statement, "array");
        return rows.filter((row): row is unknown[] => Array.isArray(row));
      },
      named: async (statement) => (await readRows(connection, statement, "object")).map(lowerCaseKeys),
    });
  } finally {
    await disconnect(connection);
  }
}

let loading: Promise<typeof Driver> | undefined;

/**
 * The driver, loaded at the first use (a third of a second, 170 packages). At load and log-in it would otherwise ask cloud metadata services and
 * AWS who this machine is, load a native add-on, send its own telemetry to the account, print a warning of the AWS SDK and write `snowflake.log`
 * into the working directory. What the user has set for these switches stays.
 */
async function loadDriver(): Promise<typeof Driver> {
  loading ??= (async () => {
    process.env.SNOWFLAKE_DISABLE_PLATFORM_DETECTION ??= "true";
    process.env.SNOWFLAKE_DISABLE_MINICORE ??= "true";
    process.env.SF_TELEMETRY_DISABLE_CONNECTION_SHAPE ??= "true";
    const loaded = (await import("snowflake-sdk")) as typeof Driver & { default?: typeof Driver };
    const driver = loaded.default ?? loaded;
    const ignore = (): void => undefined;
    driver.configure({
      logLevel: "OFF",
      customLogger: { error: ignore, warn: ignore, info: ignore, debug: ignore, trace: ignore },
    });
    return driver;
  })();
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw new DriverMissingError(error);
  }
}

function connectionOptions(logIn: LogIn): Options {
  const optional = { role: logIn.role, warehouse: logIn.warehouse, database: logIn.database, schema: logIn.schema };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    account: logIn.account,
    ...(logIn.accessUrl === "" ? {} : { accessUrl: logIn.accessUrl }),
    username: logIn.user,
    ...("password" in logIn.credential
      ? { password: logIn.credential.password }
      : { authenticator: "SNOWFLAKE_JWT", privateKey: logIn.credential.privateKey }),
    ...Object.fromEntries(given),
    application: "sophia_secrets",
    timeout: Math.max(1, Math.round(logIn.timeoutMs)),
    sfRetryMaxLoginRetries: 0,
    clientSessionKeepAlive: false,
    clientStoreTemporaryCredential: false,
    disableConsoleLogin: true,
  };
}

async function connect(connection: Connection): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(refusalOf("log-in", error)) : resolve()));
  });
}

async function readRows(connection: Connection, sqlText: string, rowMode: "array" | "object"): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      rowMode,
      complete: (error, _statement, rows) => (error ? reject(refusalOf("statement", error)) : resolve(rows ?? [])),
    });
  });
}

function lowerCaseKeys(row: unknown): NamedCells {
  const cells = typeof row === "object" && row !== null ? Object.entries(row) : [];
  return Object.fromEntries(cells.map(([name, cell]: [string, unknown]) => [name.toLowerCase(), cell]));
}

/** Logs out and closes the sockets; a log-out that hangs or fails changes nothing about the verdict. */
async function disconnect(connection: Connection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
  const goodbye = new Promise<void>((resolve) => connection.destroy(() => resolve())).catch(() => undefined);
  await Promise.race([goodbye, patience]);
  clearTimeout(timer);
}

function refusalOf(phase: "log-in" | "statement", error: unknown): SnowflakeRefusal {
  const { code, message, response, cause } = (error ?? {}) as Partial<SnowflakeError> & {
    response?: { status?: unknown };
    cause?: unknown;
  };
  const number = Number(code);
  const status = Number(response?.status);
  const causeCode = innermostCode(cause);
  return new SnowflakeRefusal(
    phase,
    Number.isInteger(number) ? number : undefined,
    Number.isInteger(status) ? status : undefined,
    causeCode,
    typeof message === "string" ? message : "",
  );
}

function innermostCode(cause: unknown): string | undefined {
  let found: string | undefined;
  for (let inner = cause; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as { code?: unknown };
    if (typeof code === "string") found = code;
  }
  return found;
}
