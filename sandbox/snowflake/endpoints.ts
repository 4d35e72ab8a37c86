/** What do Snowflake's drivers ask over HTTP? The protocol that gosnowflake, snowflake-sdk and the Python connector share; it has no public reference. */
import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { HttpReply, type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { type Account } from "./account";
import { type Context, type Session } from "./context";
import { logInError, SqlError } from "./errors";
import { execute } from "./execute";
import { authenticate, chooseRole, claimedName, type LogInData } from "./log-in";
import { SESSION_PARAMETERS } from "./parameters";
import { SERVER_VERSION } from "./select";
import { currentDatabase, currentSchema, currentWarehouse } from "./session-objects";
import { VALIDITY, type Sessions } from "./sessions";
import { type Binding } from "./statement";
import { rowType, type Table } from "./table";

/** A log-in that was tried: never with what was presented. */
export interface LogInAttempt {
  readonly at: string;
  /** Upper case, as claimed. */
  readonly user: string;
  readonly authenticator: string;
  readonly ok: boolean;
  /** The refusal's code, e.g. `390100`. */
  readonly code?: string;
}

/** What the routes work on. */
export interface Backend {
  readonly account: Account;
  readonly sessions: Sessions;
  readonly attempts: LogInAttempt[];
  readonly statements: StatementRecord[];
}

/** A statement that was run: its first words, which are keywords, and how it ended. */
export interface StatementRecord {
  readonly at: string;
  readonly user: string;
  readonly verb: string;
  /** The refusal's code; left out when it succeeded. */
  readonly code?: string;
}

/** The route table. */
export function endpoints(backend: Backend): Route[] {
  const post = (path: string, handle: (request: StandInRequest) => unknown): Route => ({
    method: "POST",
    path,
    handle: (request) => answer(() => handle(request)),
  });
  const { sessions } = backend;
  return [
    post("/session/v1/login-request", (request) => logIn(backend, request)),
    post("/session/token-request", (request) => renew(backend, request)),
    post("/session/heartbeat", (request) => void sessions.require(tokenOf(request))),
    post("/session", (request) => endSession(backend, request)),
    post("/queries/v1/query-request", (request) => query(backend, request)),
    post("/queries/v1/abort-request", (request) => void sessions.require(tokenOf(request))),
    post("/telemetry/send", () => "Log Received"),
  ];
}

/** Refusals of statements and log-ins are HTTP 200: gosnowflake repeats 408, 429 and every 5xx. `code` must be text. */
function answer(run: () => unknown): StandInReply {
  try {
    return { status: 200, body: { data: run() ?? null, code: null, message: null, success: true } };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const { code, message, sqlState } = error;
    const data = { errorCode: code, sqlState, internalError: false, queryId: randomUUID() };
    return { status: 200, body: { data, code, message, success: false } };
  }
}

function logIn(backend: Backend, request: StandInRequest): unknown {
  const { account, attempts } = backend;
  const { data = {} } = bodyOf<{ data?: LogInData }>(request);
  const attempt = {
    at: new Date(account.clock()).toISOString(),
    user: claimedName(data),
    authenticator: (data.AUTHENTICATOR ?? "SNOWFLAKE").toUpperCase(),
  };
  const record = { at: account.clock(), user: attempt.user, client: data.CLIENT_APP_ID ?? "" };
  try {
    const session = openSession(backend, request, data);
    attempts.push({ ...attempt, ok: true });
    account.logIns.push({ ...record, ok: true });
    return { ...tokensOf(session), ...welcome({ account, session }) };
  } catch (error) {
    if (error instanceof SqlError) {
      attempts.push({ ...attempt, ok: false, code: error.code });
      account.logIns.push({ ...record, ok: false, code: error.code });
    }
    throw error;
  }
}

function openSession({ account, sessions }: Backend, request: StandInRequest, data: LogInData): Session {
  const named = data.ACCOUNT_NAME?.toUpperCase();
  if (named !== undefined && ![account.identifier, account.name, account.locator].includes(named)) {
    // The real one has no such host name: its front door says 403.
    throw new HttpReply({ status: 403, body: "Forbidden" });
  }
  const identity = authenticate(account, data);
  const { user } = identity;
  const role = chooseRole(account, identity, wish(request, "roleName"));
  const [defaultDatabase, defaultSchema] = user.defaultNamespace;
  const database = wish(request, "databaseName") ?? defaultDatabase;
  const session = sessions.start(user, role, {
    warehouse: wish(request, "warehouse") ?? user.texts.get("DEFAULT_WAREHOUSE"),
    database,
    schema: wish(request, "schemaName") ?? (database === defaultDatabase ? defaultSchema : undefined) ?? "PUBLIC",
  });
  if (data.SESSION_PARAMETERS?.["CLIENT_VALIDATE_DEFAULT_PARAMETERS"] === true) {
    const missing = unusable({ account, session }, request);
    if (missing !== undefined) {
      sessions.end(session.token);
      throw logInError("390201", `The requested ${missing} does not exist or not authorized.`);
    }
  }
  user.lastLogInAt = account.clock();
  return session;
}

/** What was asked for in the connection itself and cannot be used. */
function unusable(context: Context, request: StandInRequest): string | undefined {
  if (wish(request, "warehouse") !== undefined && !currentWarehouse(context)) return "warehouse";
  if (wish(request, "databaseName") !== undefined && !currentDatabase(context)) return "database";
  if (wish(request, "schemaName") !== undefined && !currentSchema(context)) return "schema";
  return undefined;
}

/** A name of the connection string: exact in double quotes, otherwise in upper case. */
function wish(request: StandInRequest, parameter: string): string | undefined {
  const text = request.query.get(parameter);
  if (text === null || text === "") return undefined;
  const quoted = /^"((?:[^"]|"")+)"$/.exec(text)?.[1];
  return quoted?.replaceAll('""', '"') ?? text.toUpperCase();
}

function tokensOf(session: Session): Record<string, unknown> {
  return {
    token: session.token,
    masterToken: session.masterToken,
    validityInSeconds: VALIDITY.session,
    masterValidityInSeconds: VALIDITY.master,
    sessionId: session.id,
  };
}

function welcome(context: Context): Record<string, unknown> {
  const { session } = context;
  return {
    displayUserName: session.user.texts.get("DISPLAY_NAME") ?? session.user.name,
    serverVersion: SERVER_VERSION,
    firstLogin: false,
    remMeToken: null,
    remMeValidityInSeconds: 0,
    healthCheckInterval: 45,
    newClientForUpgrade: null,
    parameters: SESSION_PARAMETERS,
    sessionInfo: {
      databaseName: currentDatabase(context)?.name ?? null,
      schemaName: currentSchema(context)?.name ?? null,
      warehouseName: currentWarehouse(context)?.name ?? null,
      roleName: session.role.name,
    },
  };
}

function renew({ sessions }: Backend, request: StandInRequest): unknown {
  const session = sessions.renew(tokenOf(request));
  return {
    sessionToken: session.token,
    validityInSecondsST: VALIDITY.session,
    masterToken: session.masterToken,
    validityInSecondsMT: VALIDITY.master,
    sessionId: session.id,
  };
}

function endSession({ sessions }: Backend, request: StandInRequest): void {
  if (request.query.get("delete") !== "true") throw logInError("390104", "Only ?delete=true is known.");
  const token = tokenOf(request);
  sessions.require(token);
  sessions.end(token);
}

function query({ account, sessions, statements }: Backend, request: StandInRequest): unknown {
  const session = sessions.require(tokenOf(request));
  const body = bodyOf<{ sqlText?: string; bindings?: Record<string, Binding> | null }>(request);
  const sql = body.sqlText ?? "";
  const entry = { at: new Date(account.clock()).toISOString(), user: session.user.name, verb: verbOf(sql) };
  const context: Context = { account, session };
  try {
    const table = execute(context, sql, body.bindings ?? {});
    statements.push(entry);
    session.lastQueryId = randomUUID();
    return resultOf(context, table);
  } catch (error) {
    if (error instanceof SqlError) statements.push({ ...entry, code: error.code });
    throw error;
  }
}

/** The first bare words of a statement, none of which can be a value. */
function verbOf(sql: string): string {
  return /^\s*((?:[A-Za-z]+\s+){0,3}[A-Za-z]*)/.exec(sql)?.[1]?.trim().toUpperCase().replace(/\s+/g, " ") ?? "";
}

/** snowflake-sdk needs the parameters with the output formats in every answer. */
function resultOf(context: Context, table: Table): Record<string, unknown> {
  const { session } = context;
  return {
    parameters: SESSION_PARAMETERS,
    rowtype: table.columns.map(rowType),
    rowset: table.rows,
    total: table.rows.length,
    returned: table.rows.length,
    queryId: session.lastQueryId,
    sqlState: null,
    databaseProvider: null,
    finalDatabaseName: currentDatabase(context)?.name ?? null,
    finalSchemaName: currentSchema(context)?.name ?? null,
    finalWarehouseName: currentWarehouse(context)?.name ?? null,
    finalRoleName: session.role.name,
    numberOfBinds: 0,
    arrayBindSupported: false,
    statementTypeId: table.change ? 0x6000 : 0x1000,
    version: 1,
    sendResultTime: context.account.clock(),
    queryResultFormat: "json",
  };
}

function tokenOf(request: StandInRequest): string {
  return /^Snowflake Token="([^"]*)"$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function bodyOf<T>(request: StandInRequest): T {
  if (request.headers["content-encoding"] !== "gzip") return request.json<T>();
  return JSON.parse(gunzipSync(request.body).toString("utf8")) as T;
}
