/** How do the Snowflake specs talk to the stand-in? By the official driver, and by raw requests as gosnowflake sends them. */
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import snowflake, { type Connection, type ConnectionOptions } from "snowflake-sdk";
import { fingerprintOf } from "../../sandbox/snowflake/public-keys";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";

snowflake.configure({ logLevel: "OFF", additionalLogToConsole: false });

/** The administrator of {@link startTestAccount}. */
export const ADMIN = { username: "ADMIN", password: "Admin-password-1" };

/** The password of the user SERVICE of {@link startTestAccount}, whose only role is SOPHIA. */
export const SERVICE_PASSWORD = "Service-password-1";

/** The account PAYREADY-SANDBOX with the users ADMIN and SERVICE, the warehouse WH and the schema DB.APP, on which SOPHIA holds nothing. */
export function startTestAccount(clock: () => number): Promise<SnowflakeStandIn> {
  return startSnowflake({
    organization: "payready",
    account: "sandbox",
    clock,
    seed: {
      users: [
        { name: "ADMIN", password: ADMIN.password, roles: ["ACCOUNTADMIN"], defaultRole: "ACCOUNTADMIN" },
        {
          name: "SERVICE",
          password: SERVICE_PASSWORD,
          type: "LEGACY_SERVICE",
          roles: ["SOPHIA"],
          defaultRole: "SOPHIA",
        },
      ],
      warehouses: ["WH"],
      databases: [{ name: "DB", schemas: ["PUBLIC", "APP"] }],
    },
  });
}

/** A row as the driver gives it, values as text. */
export type Row = Record<string, string | null>;

/** A key pair; `publicText` is what RSA_PUBLIC_KEY takes. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicText: string;
  readonly fingerprint: string;
  readonly pem: string;
}

/** A 2048-bit key pair. */
export function newKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = publicKey.export({ format: "der", type: "spki" });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return { privateKey, publicText: der.toString("base64"), fingerprint: fingerprintOf(publicKey), pem };
}

/** Logs in with the official driver, runs the statements, and logs out. Rejects with the driver's error, whose `code` is Snowflake's. */
export async function withDriver(
  standIn: SnowflakeStandIn,
  options: Omit<ConnectionOptions, "account">,
  ...statements: string[]
): Promise<Row[][]> {
  const connection = snowflake.createConnection({
    account: standIn.accountIdentifier,
    accessUrl: standIn.url,
    ...options,
  });
  // connectAsync resolves although the log-in was refused; only the callback of connect says so.
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  const results: Row[][] = [];
  try {
    for (const sqlText of statements) results.push(await runStatement(connection, sqlText));
  } finally {
    await new Promise<void>((resolve) => connection.destroy(() => resolve()));
  }
  return results;
}

/** The code with which the driver's log-in is refused, or `none`. */
export async function driverRefusal(
  standIn: SnowflakeStandIn,
  options: Omit<ConnectionOptions, "account">,
): Promise<string> {
  try {
    await withDriver(standIn, options);
    return "none";
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

function runStatement(connection: Connection, sqlText: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      fetchAsString: ["Number", "Date", "Boolean", "JSON"],
      complete: (error, _statement, rows) => (error ? reject(error) : resolve((rows ?? []) as Row[])),
    });
  });
}

/** Snowflake's envelope. */
export interface Envelope {
  readonly data: {
    readonly token: string;
    readonly masterToken: string;
    readonly sessionId: number;
    readonly sessionToken: string;
    readonly sqlState: string;
    readonly rowtype: readonly { readonly name: string; readonly type: string }[];
    readonly rowset: readonly (readonly (string | null)[])[];
  };
  readonly code: string | null;
  readonly message: string | null;
  readonly success: boolean;
}

/** A raw client: one log-in, then statements. */
export class RawClient {
  token = "";
  masterToken = "";

  constructor(private readonly standIn: SnowflakeStandIn) {}

  async post(path: string, body: unknown, token = this.token): Promise<Envelope> {
    const response = await fetch(`${this.standIn.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Snowflake Token="${token}"` },
      body: JSON.stringify(body),
    });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as Envelope;
  }

  async logIn(data: Record<string, unknown>, query = ""): Promise<Envelope> {
    const answer = await this.post(`/session/v1/login-request?requestId=1${query}`, {
      data: { SESSION_PARAMETERS: {}, ...data },
    });
    if (answer.success) [this.token, this.masterToken] = [answer.data.token, answer.data.masterToken];
    return answer;
  }

  query(sqlText: string): Promise<Envelope> {
    return this.post("/queries/v1/query-request?requestId=2", { sqlText, asyncExec: false, sequenceId: 1 });
  }

  /** The rows by column name. Throws the code and message of a refusal. */
  async rows(sqlText: string): Promise<Row[]> {
    const { data, code, message, success } = await this.query(sqlText);
    if (!success) throw new Error(`${code}: ${message}`);
    return data.rowset.map((row) =>
      Object.fromEntries(data.rowtype.map(({ name }, index) => [name, row[index] ?? null])),
    );
  }

  /** The code with which the statement is refused, or `none`. */
  async refusal(sqlText: string): Promise<string> {
    const { code, success } = await this.query(sqlText);
    return success ? "none" : String(code);
  }
}

/** A token signed by hand, as another client would. */
export function signToken(claims: Record<string, unknown>, key: KeyObject, algorithm = "RS256"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = `${part({ alg: algorithm, typ: "JWT" })}.${part(claims)}`;
  return `${body}.${createSign("RSA-SHA256").update(body).sign(key, "base64url")}`;
}
