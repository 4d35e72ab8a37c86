/**
 * What does a bucket look like to Pulumi? The calls that its `s3://` backend makes, on loopback, with signatures checked: an object's PUT, GET, HEAD, DELETE
 * and copy, and the list of a bucket by pages. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";

/** A running stand-in with one empty bucket. */
export interface S3StandIn {
  /** What `PULUMI_BACKEND_URL` has to be. */
  readonly url: string;
  /** What opens it. */
  readonly variables: Readonly<
    Record<"AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_EC2_METADATA_DISABLED", string>
  >;
  keys(): readonly string[];
  /** Calls that it does not serve, and those that it refused; empty where all is well. */
  unexpected(): readonly string[];
  close(): Promise<void>;
}

interface StoredObject {
  readonly body: Buffer;
  readonly modified: Date;
}

interface Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const BUCKET = "sophia-state";
/** What S3 gives at most in one page. */
const PAGE = 1000;

/** Starts it on a free port. */
export async function startS3(): Promise<S3StandIn> {
  const [access, secret] = ["SOPHIASTATE", `canary-${randomBytes(16).toString("hex")}`];
  const objects = new Map<string, StoredObject>();
  const unexpected: string[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://s3");
      const [, bucket = "", ...rest] = pathname.split("/");
      const key = decodeURIComponent(rest.join("/"));
      const { method = "", headers } = request;
      const call = { method, key, query, headers, body };
      const reply = !isSigned(request, body, { access, secret })
        ? refusal(403, "SignatureDoesNotMatch")
        : bucket === BUCKET
          ? answer(call, objects)
          : refusal(404, "NoSuchBucket");
      if (reply.status >= 400 && reply.status !== 404) unexpected.push(`${method} ${request.url} ${reply.status}`);
      send(response, reply);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `s3://${BUCKET}?region=us-east-1&endpoint=127.0.0.1:${port}&disableSSL=true&s3ForcePathStyle=true`,
    // Without the last one the SDK would look for a cloud's machine around it.
    variables: { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret, AWS_EC2_METADATA_DISABLED: "true" },
    keys: () => [...objects.keys()].sort(),
    unexpected: () => unexpected,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function answer({ method, key, query, headers, body }: Call, objects: Map<string, StoredObject>): Reply {
  if (key === "") return method === "GET" && query.get("list-type") === "2" ? list(query, objects) : notServed();
  const found = objects.get(key);
  if (method === "PUT") {
    const source = headers["x-amz-copy-source"];
    const copied = source === undefined ? undefined : objects.get(sourceKey(String(source)));
    if (source !== undefined && !copied) return refusal(404, "NoSuchKey");
    const stored = { body: copied?.body ?? body, modified: new Date() };
    objects.set(key, stored);
    const result = `<CopyObjectResult><ETag>${etag(stored.body)}</ETag><LastModified>${stored.modified.toISOString()}</LastModified></CopyObjectResult>`;
    return { status: 200, headers: { etag: etag(stored.body) }, ...(copied ? { body: result } : {}) };
  }
  if (method === "DELETE") {
    objects.delete(key);
    return { status: 204 };
  }
  if (method !== "GET" && method !== "HEAD") return notServed();
  if (!found) return refusal(404, "NoSuchKey");
  const facts = {
    ...{ etag: etag(found.body), "last-modified": found.modified.toUTCString() },
    ...{ "content-type": "application/octet-stream", "accept-ranges": "bytes" },
  };
  if (method === "HEAD") return { status: 200, headers: { ...facts, "content-length": String(found.body.length) } };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (!range) return headers.range === undefined ? { status: 200, headers: facts, body: found.body } : notServed();
  const [first, last] = [Number(range[1]), range[2] === "" ? found.body.length - 1 : Number(range[2])];
  const part = found.body.subarray(first, last + 1);
  const total = `bytes ${first}-${first + part.length - 1}/${found.body.length}`;
  return { status: 206, headers: { ...facts, "content-range": total }, body: part };
}

/** Keys below a prefix; what has the delimiter behind it is told once, as a folder. */
function list(query: URLSearchParams, objects: ReadonlyMap<string, StoredObject>): Reply {
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const entries = new Map<string, StoredObject | undefined>();
  for (const key of [...objects.keys()].sort()) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (name > after) entries.set(name, end < 0 ? objects.get(key) : undefined);
  }
  const most = Math.min(Number(query.get("max-keys") ?? PAGE), PAGE);
  const shown = [...entries].slice(0, most);
  const isTruncated = entries.size > shown.length;
  const parts = shown.map(([name, object]) =>
    object
      ? `<Contents><Key>${xml(name)}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>${etag(object.body)}</ETag><Size>${object.body.length}</Size></Contents>`
      : `<CommonPrefixes><Prefix>${xml(name)}</Prefix></CommonPrefixes>`,
  );
  const next = isTruncated ? `<NextContinuationToken>${xml(shown.at(-1)?.[0] ?? "")}</NextContinuationToken>` : "";
  const facts = `<KeyCount>${shown.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${next}`;
  return { status: 200, body: `<ListBucketResult>${facts}${parts.join("")}</ListBucketResult>` };
}

/** Signature version 4 over the headers. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function isSigned(request: IncomingMessage, body: Buffer, key: { readonly access: string; readonly secret: string }) {
  const { authorization = "" } = request.headers;
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (!found) return false;
  const [, access, date = "", region = "", signed = "", signature = ""] = found;
  const declared = String(request.headers["x-amz-content-sha256"]);
  if (access !== key.access || declared !== sha256(body)) return false;
  const url = new URL(request.url ?? "/", "http://s3");
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const headers = signed
    .split(";")
    .map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, " ")}\n`);
  const canonical = [request.method, url.pathname, query.join("&"), headers.join(""), signed, declared].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", String(request.headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const signing = [date, region, "s3", "aws4_request"].reduce<Buffer>(hmac, Buffer.from(`AWS4${key.secret}`));
  return timingSafeEqual(hmac(signing, text), Buffer.from(signature, "hex"));
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
const etag = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`;
const xml = (text: string): string => text.replace(/[<>&"]/g, (found) => `&#${found.charCodeAt(0)};`);
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);

/** `bucket/key`, encoded. */
const sourceKey = (source: string): string => decodeURIComponent(source).replace(/^\/?[^/]+\//, "");

function refusal(status: number, code: string): Reply {
  return { status, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

const notServed = (): Reply => refusal(501, "NotImplemented");

function send(response: ServerResponse, { status, body = "", headers = {} }: Reply): void {
  const type = typeof body === "string" && body !== "" ? { "content-type": "application/xml" } : {};
  response.writeHead(status, { ...type, ...headers });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
