/**
 * What does Estuary's control plane answer to those who make API keys and to those who use them? A stand-in that serves:
 * - `POST /api/v1/auth/token` with `{grant_type: "refresh_token", refresh_token_id, secret}`: a key becomes an access token of an hour
 * - `POST /api/graphql`: `serviceAccounts` (with grants and keys), `inviteLinks` and `prefixes`, `createApiKey` and `revokeApiKey`;
 *   `liveSpecs` and `catalogStats` (estuary-tasks.ts)
 *
 * An API key is a multi-use refresh token of a service account, given out once as base64 of `{id, secret}`; it may also be sent as a bearer itself.
 * Calls and messages follow https://github.com/estuary/flow/pull/3058 (service accounts) and https://github.com/estuary/flow/pull/3020 (tokens);
 * the schema is the one that https://github.com/estuary/ui is generated from.
 */
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { type Field, GraphqlError, parseOperation, project } from "./estuary-graphql";
import { DEFAULT_TASKS, listCatalogStats, listLiveSpecs, type EstuaryTask } from "./estuary-tasks";
import { createStandIn, HttpReply, type StandIn, type StandInReply, type StandInRequest } from "./kit/stand-in";

/** Options of {@link startEstuary}. */
export interface EstuaryOptions {
  /** Bearer of the admin who may mint, list and revoke keys; he cannot be revoked. */
  readonly controlToken: string;
  /** Catalog names of the service accounts, which an admin makes in the dashboard. @default ["payready/sophia"] */
  readonly serviceAccounts?: readonly string[];
  /** Needed to script faults over HTTP. */
  readonly adminToken?: string;
  /** @default 0, a free one */
  readonly port?: number;
}

/** What is known of a key; never its secret. */
export interface EstuaryToken {
  readonly id: string;
  readonly serviceAccount: string;
  /** What its maker called it. */
  readonly detail: string;
  readonly revoked: boolean;
  readonly uses: number;
  /** ISO time of the last exchange. */
  readonly lastUsed?: string;
}

/** What a grant allows. */
export type EstuaryCapability = "read" | "write" | "admin";

/** A running Estuary stand-in. */
export interface EstuaryStandIn extends StandIn {
  /** Every key that was ever made, the oldest first. */
  tokens(): readonly EstuaryToken[];
  /** Whether the key could be exchanged now. */
  accepts(apiKey: string): boolean;
  /** Gives a service account a capability on a prefix; the first one reads the prefix that it lies under. */
  grant(serviceAccount: string, prefix: string, capability: EstuaryCapability): void;
  /** Somebody makes a link with which whoever has it gets a capability. */
  invite(catalogPrefix: string, capability: EstuaryCapability): void;
  /** A key made in the dashboard, for what exists before the tool does. */
  mint(detail: string, serviceAccount?: string): { readonly id: string; readonly apiKey: string };
  /** What a person changes in the dashboard, or time does, to a task. Throws for an unknown one. */
  setTask(name: string, changes: Partial<Omit<EstuaryTask, "name">>): void;
  /** Replaces all tasks. */
  setTasks(tasks: readonly EstuaryTask[]): void;
}

/** Who asks: the admin, or a service account. */
type Caller = "control" | { readonly serviceAccount: string };

interface StoredToken {
  readonly id: string;
  readonly serviceAccount: string;
  readonly detail: string;
  readonly secretHash: Buffer;
  readonly createdAt: string;
  /** Zero when revoked: the row stays for the audit. */
  validForMilliseconds: number;
  updatedAt: string;
  uses: number;
}

const DAY = 86_400_000;
const MISSING_BEARER =
  "status: 'The request does not have valid authentication credentials', self: \"This is an authenticated API but the request is missing a required Authorization: Bearer token\"";

/** Starts an Estuary stand-in on a loopback port. */
export async function startEstuary(options: EstuaryOptions): Promise<EstuaryStandIn> {
  const plane = new ControlPlane(options.controlToken, options.serviceAccounts ?? ["payready/sophia"]);
  const standIn = await createStandIn({
    name: "estuary",
    ...(options.adminToken === undefined ? {} : { adminToken: options.adminToken }),
    ...(options.port === undefined ? {} : { port: options.port }),
    routes: [
      { method: "POST", path: "/api/v1/auth/token", handle: (request) => plane.exchange(request) },
      { method: "POST", path: "/api/graphql", handle: (request) => plane.graphql(request) },
    ],
  });
  return Object.assign(standIn, {
    tokens: () => plane.list(),
    accepts: (apiKey: string) => plane.findByKey(apiKey) !== undefined,
    grant: (serviceAccount: string, prefix: string, capability: EstuaryCapability) =>
      plane.grant(serviceAccount, prefix, capability),
    invite: (catalogPrefix: string, capability: EstuaryCapability) => plane.invite(catalogPrefix, capability),
    mint: (detail: string, serviceAccount?: string) => plane.mint(serviceAccount, detail, 90 * DAY),
    setTask: (name: string, changes: Partial<Omit<EstuaryTask, "name">>) => {
      if (!plane.tasks.some((task) => task.name === name)) throw new Error(`The Estuary stand-in has no task ${name}`);
      plane.tasks = plane.tasks.map((task) => (task.name === name ? { ...task, ...changes } : task));
    },
    setTasks: (tasks: readonly EstuaryTask[]) => void (plane.tasks = tasks),
  });
}

/** The accounts and keys of one tenant; secrets are kept as hashes only. */
class ControlPlane {
  tasks: readonly EstuaryTask[] = DEFAULT_TASKS;
  private readonly stored: StoredToken[] = [];
  private readonly signingKey = randomBytes(32);
  private readonly since = new Date().toISOString();
  private readonly grants: { readonly account: string; readonly prefix: string; readonly capability: string }[];
  private readonly links: object[] = [];

  constructor(
    private readonly controlToken: string,
    private readonly accounts: readonly string[],
  ) {
    this.grants = accounts.map((account) => ({ account, prefix: prefixOf(account), capability: "read" }));
  }

  grant(account: string, prefix: string, capability: string): void {
    this.grants.push({ account, prefix, capability });
  }

  invite(catalogPrefix: string, capability: string): void {
    const [createdAt, token] = [new Date().toISOString(), randomUUID()];
    this.links.push({ catalogPrefix, capability, createdAt, detail: null, singleUse: true, token });
  }

  exchange(request: StandInRequest): StandInReply {
    // A broken bearer is refused even though this call needs none.
    this.caller(request);
    const body = request.json();
    if (body["grant_type"] !== "refresh_token") return text(422, "Failed to deserialize the JSON body");
    const { refresh_token_id: id, secret } = body;
    if (typeof id !== "string" || typeof secret !== "string") return text(422, "Failed to deserialize the JSON body");
    return { status: 200, body: { access_token: this.accessToken(this.use(id, secret)) } };
  }

  graphql(request: StandInRequest): StandInReply {
    const caller = this.caller(request);
    const { query, variables } = request.json<{ query?: unknown; variables?: Record<string, unknown> }>();
    try {
      const operation = parseOperation(typeof query === "string" ? query : "", variables ?? {});
      const data: Record<string, unknown> = {};
      for (const field of operation.fields) {
        if (caller === undefined) throw new GraphqlError(MISSING_BEARER);
        data[field.name] = project(this.resolve(operation.kind, field, caller), field.selection);
      }
      return { status: 200, body: { data } };
    } catch (error) {
      if (!(error instanceof GraphqlError)) throw error;
      return { status: 200, body: { data: null, errors: [{ message: error.message }] } };
    }
  }

  list(): EstuaryToken[] {
    return this.stored.map((token) => ({
      id: token.id,
      serviceAccount: token.serviceAccount,
      detail: token.detail,
      revoked: token.validForMilliseconds === 0,
      uses: token.uses,
      ...(token.uses > 0 ? { lastUsed: token.updatedAt } : {}),
    }));
  }

  mint(account: string | undefined, detail: string, validFor: number): { id: string; apiKey: string } {
    const serviceAccount = account ?? this.accounts[0] ?? "";
    if (!this.accounts.includes(serviceAccount)) throw new GraphqlError("service account not found");
    const id = randomBytes(8).toString("hex");
    const secret = randomUUID();
    const now = new Date().toISOString();
    this.stored.push({
      ...{ id, serviceAccount, detail, secretHash: hash(secret), createdAt: now, updatedAt: now, uses: 0 },
      validForMilliseconds: validFor,
    });
    return { id, apiKey: Buffer.from(JSON.stringify({ id, secret })).toString("base64") };
  }

  findByKey(apiKey: string): StoredToken | undefined {
    const pair = parseKey(apiKey);
    return pair && this.find(pair.id, pair.secret);
  }

  private find(id: string, secret: string): StoredToken | undefined {
    const token = this.stored.find((candidate) => candidate.id === id);
    if (!token || !timingSafeEqual(token.secretHash, hash(secret))) return undefined;
    return Date.now() < Date.parse(token.updatedAt) + token.validForMilliseconds ? token : undefined;
  }

  /** Every use moves the end of the key's validity. One message for all that can be wrong with it, as the vendor has. */
  private use(id: string, secret: string): StoredToken {
    const token = this.find(id, secret);
    if (!token) throw new HttpReply(text(401, "invalid, expired, or unknown credential"));
    token.uses += 1;
    token.updatedAt = new Date().toISOString();
    return token;
  }

  private caller(request: StandInRequest): Caller | undefined {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer === undefined) return undefined;
    if (timingSafeEqual(hash(bearer), hash(this.controlToken))) return "control";
    if (bearer.includes(".")) return this.verifyAccessToken(bearer);
    const pair = parseKey(bearer);
    if (!pair) throw new HttpReply(text(400, "invalid bearer token"));
    return { serviceAccount: this.use(pair.id, pair.secret).serviceAccount };
  }

  /** Signed, good for an hour, and not looked up again: it outlives the revocation of the key that it came from. */
  private accessToken(token: StoredToken): string {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { aud: "authenticated", role: "authenticated", sub: token.serviceAccount, iat, exp: iat + 3600 };
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    return `${unsigned}.${this.sign(unsigned)}`;
  }

  private verifyAccessToken(bearer: string): Caller {
    const [header = "", payload = "", signature = ""] = bearer.split(".");
    const signed = timingSafeEqual(hash(signature), hash(this.sign(`${header}.${payload}`)));
    const claims = signed && (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Claims);
    if (!claims || claims.exp * 1000 <= Date.now()) throw new HttpReply(text(401, "failed to verify the bearer token"));
    return { serviceAccount: claims.sub };
  }

  private sign(unsigned: string): string {
    return createHmac("sha256", this.signingKey).update(unsigned).digest("base64url");
  }

  private resolve(kind: "query" | "mutation", field: Field, caller: Caller): unknown {
    const { args } = field;
    switch (`${kind} ${field.name}`) {
      case "query serviceAccounts":
        return this.listAccounts(caller, args);
      case "query inviteLinks":
        return this.listInviteLinks(caller);
      case "query prefixes":
        return this.listPrefixes(caller);
      case "query liveSpecs":
        return listLiveSpecs(this.tasks, this.prefixesOf(caller), args);
      case "query catalogStats":
        return listCatalogStats(this.tasks, this.prefixesOf(caller), args);
      case "mutation createApiKey":
        return this.createApiKey(caller, argument(args, "catalogName"), argument(args, "detail"), args["validFor"]);
      case "mutation revokeApiKey":
        return this.revokeApiKey(caller, argument(args, "id"));
      default:
        throw new GraphqlError(
          `Unknown field "${field.name}" on type "${kind === "query" ? "Query" : "Mutation"}Root"`,
        );
    }
  }

  /** Who may not see them gets an empty page, not an error. */
  private listAccounts(caller: Caller, args: Field["args"]): object {
    const visible = caller === "control" ? this.accounts : [];
    const start = typeof args["after"] === "string" ? Number(args["after"]) : 0;
    const page = visible.slice(start, start + (typeof args["first"] === "number" ? args["first"] : 25));
    const edges = page.map((name, index) => ({ node: this.account(name), cursor: String(start + index + 1) }));
    const hasNextPage = start + page.length < visible.length;
    return { edges, pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  private listInviteLinks(caller: Caller): object {
    const edges = (caller === "control" ? this.links : []).map((node, index) => ({ node, cursor: String(index) }));
    return { edges, pageInfo: { hasNextPage: false, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  private prefixesOf(caller: Caller): string[] {
    const owned = caller === "control" ? this.accounts : [caller.serviceAccount];
    return [...new Set(owned.map(prefixOf))];
  }

  private listPrefixes(caller: Caller): object {
    const prefixes = this.prefixesOf(caller);
    const userCapability = caller === "control" ? "admin" : "read";
    const edges = prefixes.map((prefix) => ({ node: { prefix, userCapability }, cursor: prefix }));
    return { edges, pageInfo: { hasNextPage: false, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  private createApiKey(caller: Caller, catalogName: string, detail: string, validFor: unknown): object {
    if (caller !== "control") {
      throw new GraphqlError(
        `PermissionDenied: user is not authorized to access prefix or name '${catalogName}' with required capability CreateApiKey`,
      );
    }
    const { id, apiKey } = this.mint(catalogName, detail, parseDuration(validFor));
    return { id, secret: apiKey, serviceAccount: this.account(catalogName) };
  }

  /** Revoking again is no error; a caller without the right learns no more than for an unknown id. */
  private revokeApiKey(caller: Caller, id: string): object {
    const token = this.stored.find((candidate) => candidate.id === id);
    if (!token || caller !== "control") throw new GraphqlError("service account API key not found");
    token.validForMilliseconds = 0;
    return this.account(token.serviceAccount);
  }

  /** Revoked keys are not listed; expired ones are. */
  private account(catalogName: string): object {
    const keys = this.stored.filter((token) => token.serviceAccount === catalogName);
    const used = keys.filter((token) => token.uses > 0).map((token) => token.updatedAt);
    const listed = keys.filter((token) => token.validForMilliseconds > 0).reverse();
    return {
      catalogName,
      createdAt: this.since,
      createdByEmail: null,
      grants: this.grants
        .filter(({ account }) => account === catalogName)
        .map(({ prefix, capability }) => ({
          ...{ prefix, capability, createdAt: this.since, updatedAt: this.since, detail: null },
        })),
      lastUsedAt: used.sort().at(-1) ?? null,
      apiKeys: listed.map((token) => ({
        id: token.id,
        detail: token.detail,
        createdAt: token.createdAt,
        createdByEmail: null,
        expiresAt: new Date(Date.parse(token.updatedAt) + token.validForMilliseconds).toISOString(),
        lastUsedAt: token.uses > 0 ? token.updatedAt : null,
      })),
    };
  }
}

function prefixOf(catalogName: string): string {
  return catalogName.slice(0, catalogName.lastIndexOf("/") + 1);
}

interface Claims {
  readonly sub: string;
  readonly exp: number;
}

function argument(args: Field["args"], name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw new GraphqlError(`Invalid value for argument "${name}", expected type "String"`);
  return value;
}

/** An ISO 8601 duration of at most a year, in milliseconds. */
function parseDuration(value: unknown): number {
  const form = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
  const found = form.exec(typeof value === "string" ? value : "");
  if (!found) throw new GraphqlError("valid_for must be an ISO 8601 duration, e.g. P90D or P1Y");
  const units = [365 * DAY, 30 * DAY, 7 * DAY, DAY, DAY / 24, DAY / 1440, 1000];
  const total = units.reduce((sum, unit, index) => sum + unit * Number(found[index + 1] ?? 0), 0);
  if (total > 0 && total <= 366 * DAY) return total;
  throw new GraphqlError("valid_for must be a positive duration no greater than 1 year");
}

function parseKey(apiKey: string): { id: string; secret: string } | undefined {
  try {
    const { id, secret } = JSON.parse(Buffer.from(apiKey, "base64").toString("utf8")) as Record<string, unknown>;
    return typeof id === "string" && typeof secret === "string" ? { id, secret } : undefined;
  } catch {
    return undefined;
  }
}

function text(status: number, body: string): StandInReply {
  return { status, body };
}

function hash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
