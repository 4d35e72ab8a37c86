/** Is the Estuary stand-in as strict as Estuary? Over real sockets. */
import assert from "node:assert/strict";
import { type EstuaryStandIn, startEstuary } from "../../sandbox/estuary";

const CONTROL = "control-token";
const ACCOUNT = "payready/sophia";
const CREATE =
  "mutation ($c: Name!, $d: String!, $v: String!) { createApiKey(catalogName: $c, detail: $d, validFor: $v) { id secret serviceAccount { apiKeys { id detail } } } }";
const PREFIXES = "{ prefixes(by: {minCapability: read}, first: 1) { edges { node { prefix } } } }";

interface GraphqlBody {
  readonly data: Record<string, never> | null;
  readonly errors?: readonly { readonly message: string }[];
}

describe("sandbox/estuary", () => {
  let estuary: EstuaryStandIn;

  const post = (path: string, body: object, bearer?: string): Promise<Response> =>
    fetch(`${estuary.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
      body: JSON.stringify(body),
    });
  const graphql = async (bearer: string | undefined, query: string, variables: object = {}): Promise<GraphqlBody> => {
    const response = await post("/api/graphql", { query, variables }, bearer);
    assert.equal(response.status, 200);
    return (await response.json()) as GraphqlBody;
  };
  const create = async (detail: string, bearer = CONTROL, validFor = "P90D"): Promise<GraphqlBody> =>
    graphql(bearer, CREATE, { c: ACCOUNT, d: detail, v: validFor });
  const mint = async (detail: string): Promise<{ id: string; secret: string }> =>
    (await create(detail)).data?.["createApiKey"] ?? assert.fail("no key");
  const revoke = (id: string, bearer = CONTROL): Promise<GraphqlBody> =>
    graphql(bearer, "mutation ($id: Id!) { revokeApiKey(id: $id) { apiKeys { id } } }", { id });
  const exchange = (apiKey: string): Promise<Response> => {
    const { id, secret } = JSON.parse(Buffer.from(apiKey, "base64").toString("utf8")) as Record<string, string>;
    return post("/api/v1/auth/token", { grant_type: "refresh_token", refresh_token_id: id, secret });
  };

  beforeEach(async () => {
    estuary = await startEstuary({ controlToken: CONTROL, adminToken: "admin" });
  });
  afterEach(() => estuary.close());

  it("exchanges a key for an access token of an hour that opens a list call", async () => {
    const { id, secret } = await mint("one");
    const answer = await exchange(secret);
    assert.equal(answer.status, 200);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims;
    assert.equal(claims.aud, "authenticated");
    assert.equal(claims.exp - claims.iat, 3600);
    const listed = await graphql(token, PREFIXES);
    assert.deepEqual(listed.data, { prefixes: { edges: [{ node: { prefix: "payready/" } }] } });
    const [known] = estuary.tokens();
    assert.deepEqual({ ...known, lastUsed: "" }, { ...EXPECTED, id, detail: "one", uses: 1, lastUsed: "" });
  });

  it("takes a key as a bearer too", async () => {
    const { secret } = await mint("one");
    assert.equal((await graphql(secret, PREFIXES)).errors, undefined);
  });

  it("refuses an unknown, a changed and a revoked key with the vendor's 401", async () => {
    const kept = await mint("kept");
    const gone = await mint("gone");
    assert.equal((await revoke(gone.id)).errors, undefined);
    const stranger = Buffer.from(JSON.stringify({ id: "0000000000000000", secret: "x" })).toString("base64");
    const changed = Buffer.from(JSON.stringify({ id: kept.id, secret: "x" })).toString("base64");
    for (const apiKey of [stranger, changed, gone.secret]) {
      for (const answer of [await exchange(apiKey), await post("/api/graphql", { query: PREFIXES }, apiKey)]) {
        assert.equal(answer.status, 401);
        assert.equal(await answer.text(), "invalid, expired, or unknown credential");
      }
      assert.equal(estuary.accepts(apiKey), false);
    }
    assert.equal(estuary.accepts(kept.secret), true);
    assert.equal(estuary.tokens().find((token) => token.id === kept.id)?.uses, 0);
  });

  it("refuses a request without a bearer, with garbage and with a forged access token", async () => {
    assert.match((await graphql(undefined, PREFIXES)).errors?.[0]?.message ?? "", /missing a required Authorization/);
    assert.equal((await post("/api/graphql", { query: PREFIXES }, "garbage")).status, 400);
    const { secret } = await mint("one");
    const { access_token: token } = (await (await exchange(secret)).json()) as { access_token: string };
    const [header, , signature] = token.split(".");
    const claims = { aud: "authenticated", sub: ACCOUNT, exp: 4_000_000_000 };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
    assert.equal((await post("/api/graphql", { query: PREFIXES }, forged)).status, 401);
  });

  it("lets a minted key neither mint, revoke nor list", async () => {
    const { id, secret } = await mint("one");
    assert.match((await create("two", secret)).errors?.[0]?.message ?? "", /^PermissionDenied: .*CreateApiKey$/);
    assert.equal((await revoke(id, secret)).errors?.[0]?.message, "service account API key not found");
    const listed = await graphql(secret, "{ serviceAccounts { edges { node { catalogName } } } }");
    assert.deepEqual(listed.data, { serviceAccounts: { edges: [] } });
    assert.deepEqual(
      estuary.tokens().map((token) => [token.detail, token.revoked]),
      [["one", false]],
    );
  });

  it("lists the keys that are not revoked, the newest first, without their secrets", async () => {
    const first = await mint("first");
    const second = await mint("second");
    const third = await mint("third");
    await revoke(second.id);
    const query = "{ serviceAccounts { edges { node { apiKeys { id detail } } } pageInfo { hasNextPage } } }";
    const listed = await graphql(CONTROL, query);
    const apiKeys = [
      { id: third.id, detail: "third" },
      { id: first.id, detail: "first" },
    ];
    assert.deepEqual(listed.data, {
      serviceAccounts: { edges: [{ node: { apiKeys } }], pageInfo: { hasNextPage: false } },
    });
    assert.match(
      (await graphql(CONTROL, query.replace("detail", "secret"))).errors?.[0]?.message ?? "",
      /^Unknown field "secret"/,
    );
  });

  it("revokes a key again without complaint, but no unknown one", async () => {
    const { id } = await mint("one");
    assert.equal((await revoke(id)).errors, undefined);
    assert.equal((await revoke(id)).errors, undefined);
    assert.equal((await revoke("0000000000000000")).errors?.[0]?.message, "service account API key not found");
  });

  it("checks the account, the duration and the required arguments of a new key", async () => {
    for (const [validFor, message] of [
      ["90 days", "valid_for must be an ISO 8601 duration, e.g. P90D or P1Y"],
      ["PT0S", "valid_for must be a positive duration no greater than 1 year"],
      ["P2Y", "valid_for must be a positive duration no greater than 1 year"],
    ] as const) {
      assert.equal((await create("one", CONTROL, validFor)).errors?.[0]?.message, message);
    }
    const elsewhere = await graphql(CONTROL, CREATE, { c: "payready/other", d: "one", v: "P1D" });
    assert.equal(elsewhere.errors?.[0]?.message, "service account not found");
    assert.match((await graphql(CONTROL, CREATE, { c: ACCOUNT })).errors?.[0]?.message ?? "", /^Variable "\$d"/);
    assert.deepEqual(estuary.tokens(), []);
  });

  it("keeps a key that a person made before and loses it by its time", async () => {
    const { apiKey } = estuary.mint("dashboard");
    assert.equal((await exchange(apiKey)).status, 200);
    const short = (await create("short", CONTROL, "PT1S")).data?.["createApiKey"] as unknown as { secret: string };
    await new Promise((resolve) => setTimeout(resolve, 1050));
    assert.equal((await exchange(short.secret)).status, 401);
  });
});

interface Claims {
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
}

const EXPECTED = { serviceAccount: ACCOUNT, revoked: false };
