/** Is the Gong stand-in as strict as Gong? Over real sockets. */
import assert from "node:assert/strict";
import { type GongOptions, type GongStandIn, startGong } from "../../sandbox/gong";

const KEY = { accessKey: "KEYONE", secret: "secret-one" };

describe("sandbox/gong", () => {
  let gong: GongStandIn;

  const start = async (options: Partial<GongOptions> = {}): Promise<void> => {
    gong = await startGong({ keys: [KEY], adminToken: "admin", ...options });
  };
  const get = (path: string, accessKey = KEY.accessKey, secret = KEY.secret): Promise<Response> =>
    fetch(`${gong.url}${path}`, {
      headers: { authorization: `Basic ${Buffer.from(`${accessKey}:${secret}`, "utf8").toString("base64")}` },
    });
  const admin = (method: string, path: string, body?: object, token = "admin"): Promise<Response> =>
    fetch(`${gong.url}${path}`, {
      method,
      headers: { "x-sandbox-admin": token },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  afterEach(() => gong.close());

  it("lists users and workspaces for a key and notes when it was used", async () => {
    await start();
    assert.equal(gong.keys()[0]?.lastUsed, undefined);
    const users = (await (await get("/v2/users")).json()) as Record<string, unknown>;
    assert.deepEqual(Object.keys(users), ["requestId", "records", "users"]);
    assert.deepEqual(users["records"], { totalRecords: 2, currentPageSize: 2, currentPageNumber: 0 });
    const workspaces = (await (await get("/v2/workspaces")).json()) as { workspaces: { name: string }[] };
    assert.equal(workspaces.workspaces[0]?.name, "Sales");
    assert.match(gong.keys()[0]?.lastUsed ?? "", /^\d{4}-/);
  });

  it("refuses a wrong secret, an unknown key, another scheme and no credentials with Gong's error form", async () => {
    await start();
    const answers = [
      await get("/v2/users", KEY.accessKey, "secret-two"),
      await get("/v2/users", "KEYTWO"),
      await fetch(`${gong.url}/v2/users`, { headers: { authorization: `Bearer ${KEY.secret}` } }),
      await fetch(`${gong.url}/v2/users`),
    ];
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      const body = (await answer.json()) as { requestId: string; errors: string[] };
      assert.match(body.requestId, /^[0-9a-f]{20}$/);
      assert.deepEqual(body.errors, ["Failed to verify the access key and secret"]);
    }
  });

  it("understands UTF-8 and colons in credentials", async () => {
    await start({ keys: [{ accessKey: "clé", secret: "pässwörd:漢字" }] });
    assert.equal((await get("/v2/users", "clé", "pässwörd:漢字")).status, 200);
    assert.equal((await get("/v2/users", "clé", "pässwörd:漢")).status, 401);
  });

  it("refuses a key without the scope with 403", async () => {
    await start({ keys: [{ ...KEY, scopes: ["api:workspaces:read"] }] });
    assert.equal((await get("/v2/workspaces")).status, 200);
    const answer = await get("/v2/users");
    assert.equal(answer.status, 403);
    assert.deepEqual(((await answer.json()) as { errors: string[] }).errors, ["Missing scope: api:users:read"]);
  });

  it("refuses a key from its expiry on", async () => {
    const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
    await start({
      keys: [
        { ...KEY, expiresAt: at(-1) },
        { accessKey: "LATER", secret: "s", expiresAt: at(60) },
      ],
    });
    assert.equal((await get("/v2/users")).status, 401);
    assert.equal(gong.accepts(KEY.accessKey, KEY.secret), false);
    assert.equal((await get("/v2/users", "LATER", "s")).status, 200);
  });

  it("lets three requests a second through when it limits, and says when to come back", async () => {
    await start({ rateLimit: true });
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await get("/v2/users")).status);
    const refused = await get("/v2/users");
    assert.deepEqual(statuses, [200, 200, 200]);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "1");
    await new Promise((resolve) => setTimeout(resolve, 1010));
    assert.equal((await get("/v2/users")).status, 200);
  });

  it("lets the admin make a second key that works beside the first, and delete one", async () => {
    await start();
    const made = await admin("POST", "/_admin/keys");
    assert.equal(made.status, 201);
    const pair = (await made.json()) as { accessKey: string; secret: string };
    assert.match(pair.accessKey, /^[0-9A-F]{32}$/);
    assert.match(pair.secret, /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/);
    assert.equal((await get("/v2/users", pair.accessKey, pair.secret)).status, 200);
    assert.equal((await get("/v2/users")).status, 200);

    assert.equal((await admin("DELETE", `/_admin/keys/${KEY.accessKey}`)).status, 204);
    assert.equal((await get("/v2/users")).status, 401);
    assert.equal(gong.accepts(pair.accessKey, pair.secret), true);
    assert.equal((await admin("DELETE", `/_admin/keys/${KEY.accessKey}`)).status, 404);
  });

  it("lets the admin delete every key but the newest at once", async () => {
    await start();
    const { accessKey } = (await (await admin("POST", "/_admin/keys")).json()) as { accessKey: string };
    assert.deepEqual(await (await admin("DELETE", "/_admin/keys")).json(), { deleted: 1 });
    assert.deepEqual(
      gong.keys().map((key) => key.accessKey),
      [accessKey],
    );
  });

  it("lets nobody but the admin make or delete keys", async () => {
    await start();
    assert.equal((await admin("POST", "/_admin/keys", {}, "guess")).status, 403);
    assert.equal((await admin("DELETE", `/_admin/keys/${KEY.accessKey}`, undefined, "guess")).status, 403);
    assert.equal((await get("/_admin/keys")).status, 404);
    assert.deepEqual(
      gong.keys().map((key) => key.accessKey),
      [KEY.accessKey],
    );
  });

  it("shows secrets neither in its keys nor in its log of requests", async () => {
    await start();
    await get("/v2/users");
    assert.doesNotMatch(JSON.stringify([gong.keys(), gong.requests()]), /secret-one/);
  });
});
