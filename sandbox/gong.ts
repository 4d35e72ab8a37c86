/**
 * What does Gong answer to somebody who holds an API key? A stand-in that serves:
 * - `GET /v2/users` (scope `api:users:read`) https://help.gong.io/apidocs/list-all-users-v2users
 * - `GET /v2/calls?fromDateTime=&toDateTime=` (scope `api:calls:read:basic`; 404 where there is none) https://help.gong.io/apidocs/list-calls-v2calls
 * - `GET /v2/workspaces` (scope `api:workspaces:read`) https://help.gong.io/apidocs/list-all-company-workspaces-v2workspaces
 *
 * Authentication, limits and errors: https://help.gong.io/apidocs/introduction-2. Gong documents no call that makes or deletes keys: a technical
 * admin does it in the product (https://help.gong.io/docs/receive-access-to-the-api). For that person the sandbox has, with header `x-sandbox-admin`:
 * - `POST /_admin/keys` with an optional `{scopes, expiresAt}` answers `{accessKey, secret}`, the only time the secret is shown
 * - `DELETE /_admin/keys/:accessKey`, and `DELETE /_admin/keys`, which leaves the newest key alone and answers `{deleted}`
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createStandIn, HttpReply, type StandIn, type StandInReply, type StandInRequest } from "./kit/stand-in";

/** A key that exists from the start. */
export interface GongKeySeed {
  readonly accessKey: string;
  readonly secret: string;
  /** ISO time from which Gong refuses the key. @default never */
  readonly expiresAt?: string;
  /** @default all that the stand-in serves */
  readonly scopes?: readonly string[];
}

/** What is known of a key; never its secret. */
export interface GongKey {
  readonly accessKey: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string;
  /** ISO time of the last request that the key opened. */
  readonly lastUsed?: string;
}

/** Options of {@link startGong}. */
export interface GongOptions {
  readonly keys: readonly GongKeySeed[];
  /** What the technical admin sends in `x-sandbox-admin`. */
  readonly adminToken: string;
  /** @default 0, a free one */
  readonly port?: number;
  /** Refuse more than three requests a second, as Gong does for a whole company. @default false */
  readonly rateLimit?: boolean;
}

/** A running Gong stand-in. */
export interface GongStandIn extends StandIn {
  /** Every key that exists, expired ones too. */
  keys(): readonly GongKey[];
  /** When the recorded calls began, in milliseconds since 1970. @default three of the last days */
  setCalls(startedAt: readonly number[]): void;
  /** A technical admin changes what a key may do. Throws for an unknown one. */
  setScopes(accessKey: string, scopes: readonly string[]): void;
  /** Whether a request with this pair would be let in now. */
  accepts(accessKey: string, secret: string): boolean;
}

interface StoredKey {
  readonly accessKey: string;
  readonly secretHash: Buffer;
  scopes: readonly string[];
  readonly expiresAt?: string;
  lastUsed?: string;
}

const SCOPES = ["api:users:read", "api:calls:read:basic", "api:workspaces:read"];
const REQUESTS_PER_SECOND = 3;
const DAY = 86_400_000;

/** Starts a Gong stand-in on a loopback port. */
export async function startGong(options: GongOptions): Promise<GongStandIn> {
  const keys = new KeyRing(options.keys);
  let calls: readonly number[] = [1, 3, 8].map((days) => Date.now() - days * DAY);
  const limit = options.rateLimit ? createRateLimit() : () => undefined;
  const asAdmin = (request: StandInRequest): void => {
    if (request.headers["x-sandbox-admin"] !== options.adminToken) throw new HttpReply({ status: 403 });
  };
  const asCaller = (request: StandInRequest, scope: string): void => {
    limit();
    keys.admit(request.headers.authorization, scope);
  };

  const standIn = await createStandIn({
    name: "gong",
    adminToken: options.adminToken,
    ...(options.port === undefined ? {} : { port: options.port }),
    notFound: () => failure(404, "Not found"),
    routes: [
      {
        method: "GET",
        path: "/v2/users",
        handle: (request) => {
          asCaller(request, "api:users:read");
          return { status: 200, body: usersPage() };
        },
      },
      {
        method: "GET",
        path: "/v2/calls",
        handle: (request) => {
          asCaller(request, "api:calls:read:basic");
          return callsReply(request, calls);
        },
      },
      {
        method: "GET",
        path: "/v2/workspaces",
        handle: (request) => {
          asCaller(request, "api:workspaces:read");
          return { status: 200, body: { requestId: requestId(), workspaces: WORKSPACES } };
        },
      },
      {
        method: "POST",
        path: "/_admin/keys",
        handle: (request) => {
          asAdmin(request);
          const wanted = request.body.length > 0 ? request.json<Partial<GongKeySeed>>() : {};
          return { status: 201, body: keys.create(wanted) };
        },
      },
      {
        method: "DELETE",
        path: "/_admin/keys/:accessKey",
        handle: (request) => {
          asAdmin(request);
          return { status: keys.delete(request.params["accessKey"] ?? "") ? 204 : 404 };
        },
      },
      {
        method: "DELETE",
        path: "/_admin/keys",
        handle: (request) => {
          asAdmin(request);
          const older = keys.list().slice(0, -1);
          for (const { accessKey } of older) keys.delete(accessKey);
          return { status: 200, body: { deleted: older.length } };
        },
      },
    ],
  });
  return Object.assign(standIn, {
    keys: () => keys.list(),
    setCalls: (startedAt: readonly number[]) => void (calls = startedAt),
    setScopes: (accessKey: string, scopes: readonly string[]) => keys.setScopes(accessKey, scopes),
    accepts: (accessKey: string, secret: string) => keys.find(accessKey, secret) !== undefined,
  });
}

/** The keys of one company. Secrets are kept as hashes only. */
class KeyRing {
  private readonly stored = new Map<string, StoredKey>();

  constructor(seeds: readonly GongKeySeed[]) {
    for (const seed of seeds) this.store(seed);
  }

  /** Makes a pair; its secret has the form of Gong's, a signed token that names the key. */
  create(wanted: Partial<GongKeySeed>): { accessKey: string; secret: string } {
    const accessKey = randomBytes(20).toString("hex").toUpperCase().slice(0, 32);
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const exp = Math.floor(Date.parse(wanted.expiresAt ?? "2099-01-01T00:00:00Z") / 1000);
    const unsigned = `${encode({ alg: "HS256" })}.${encode({ exp, accessKey })}`;
    const secret = `${unsigned}.${createHmac("sha256", randomBytes(32)).update(unsigned).digest("base64url")}`;
    this.store({ ...wanted, accessKey, secret });
    return { accessKey, secret };
  }

  delete(accessKey: string): boolean {
    return this.stored.delete(accessKey);
  }

  list(): GongKey[] {
    return [...this.stored.values()].map(({ secretHash: _hash, ...shown }) => shown);
  }

  setScopes(accessKey: string, scopes: readonly string[]): void {
    const key = this.stored.get(accessKey);
    if (!key) throw new Error("The Gong stand-in has no such key");
    key.scopes = scopes;
  }

  find(accessKey: string, secret: string): StoredKey | undefined {
    const key = this.stored.get(accessKey);
    if (!key || !timingSafeEqual(key.secretHash, hash(secret))) return undefined;
    return key.expiresAt !== undefined && Date.parse(key.expiresAt) <= Date.now() ? undefined : key;
  }

  /** Throws the 401 or 403 that Gong answers; UTF-8 in the credentials is understood. */
  admit(authorization: string | undefined, scope: string): void {
    const encoded = /^Basic +(\S+)$/i.exec(authorization ?? "")?.[1];
    const pair = Buffer.from(encoded ?? "", "base64").toString("utf8");
    const colon = pair.indexOf(":");
    const key = colon > 0 ? this.find(pair.slice(0, colon), pair.slice(colon + 1)) : undefined;
    if (!key) throw new HttpReply(failure(401, "Failed to verify the access key and secret"));
    if (!key.scopes.includes(scope)) throw new HttpReply(failure(403, `Missing scope: ${scope}`));
    key.lastUsed = new Date().toISOString();
  }

  private store(seed: GongKeySeed): void {
    this.stored.set(seed.accessKey, {
      accessKey: seed.accessKey,
      secretHash: hash(seed.secret),
      scopes: seed.scopes ?? SCOPES,
      ...(seed.expiresAt === undefined ? {} : { expiresAt: seed.expiresAt }),
    });
  }
}

/** Gong counts the requests of a company, whichever key they carry. */
function createRateLimit(): () => void {
  let recent: number[] = [];
  return () => {
    const now = Date.now();
    recent = recent.filter((at) => now - at < 1000);
    if (recent.length >= REQUESTS_PER_SECOND) {
      throw new HttpReply({ ...failure(429, "API rate limit exceeded"), headers: { "retry-after": "1" } });
    }
    recent.push(now);
  };
}

function failure(status: number, message: string): StandInReply {
  return { status, body: { requestId: requestId(), errors: [message] } };
}

function requestId(): string {
  return randomBytes(10).toString("hex");
}

function hash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

const WORKSPACES = [{ id: "623457276584334", name: "Sales", description: "The company's workspace" }];

/** Both times are needed; a period without a call is answered 404. */
function callsReply({ query }: StandInRequest, startedAt: readonly number[]): StandInReply {
  const [from, to] = ["fromDateTime", "toDateTime"].map((name) => Date.parse(query.get(name) ?? "")) as [
    number,
    number,
  ];
  if (Number.isNaN(from) || Number.isNaN(to)) return failure(400, "fromDateTime and toDateTime must be ISO-8601 times");
  const calls = startedAt
    .filter((at) => at >= from && at < to)
    .map((at, index) => ({ id: `7782342274025937${index}`, started: new Date(at).toISOString(), duration: 1800 }));
  if (calls.length === 0) return failure(404, "No calls found corresponding to the provided filters");
  const records = { totalRecords: calls.length, currentPageSize: calls.length, currentPageNumber: 0 };
  return { status: 200, body: { requestId: requestId(), records, calls } };
}

function usersPage(): object {
  const users = [
    { id: "234599484848423", emailAddress: "ada@example.com", firstName: "Ada", lastName: "Moreau", active: true },
    { id: "234599484848424", emailAddress: "grace@example.com", firstName: "Grace", lastName: "Okafor", active: true },
  ];
  const records = { totalRecords: users.length, currentPageSize: users.length, currentPageNumber: 0 };
  return { requestId: requestId(), records, users };
}
