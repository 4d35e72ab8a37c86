/** Are the ends of tokens known where a service says them, and unknown where it does not? */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { ApiReader } from "../../../automation/api-reader";
import { parseLedger } from "../../../automation/audit/ledger";
import { auditTokens, endingAt } from "../../../automation/audit/tokens";
import { systemHttp } from "../../../automation/http";
import { type Settings } from "../../../automation/settings";

const NOW = Date.parse("2026-11-23T09:00:00.000Z");

describe("auditTokens", () => {
  let server: Server;
  let answers: { header?: string; vercel?: unknown; status?: number; user?: object; pulumi?: Record<string, object[]> };
  before(async () => {
    server = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      const [scheme, body] = answerTo(path);
      response.statusCode = request.headers.authorization === scheme ? (answers.status ?? 200) : 404;
      if (path === "/rate_limit" && answers.header !== undefined)
        response.setHeader("github-authentication-token-expiration", answers.header);
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  after(() => new Promise((done) => server.close(done)));

  function answerTo(path: string): [string, unknown] {
    if (path === "/rate_limit") return ["Bearer gh", {}];
    if (path === "/v5/user/tokens/current") return ["Bearer vc", answers.vercel];
    if (path === "/api/user") return ["token pul", answers.user ?? {}];
    const tokens = answers.pulumi?.[path.replace("/api/", "")];
    return tokens ? ["token pul", { tokens }] : ["nobody", {}];
  }

  const all = async (given: typeof answers) => {
    answers = given;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = {
      endpoints: { github: url, vercel: url, esc: url },
      tokens: { github: "gh", vercel: "vc", pulumi: "pul" },
    } as unknown as Settings;
    const http = { ...systemHttp(), sleep: async () => undefined };
    return (await auditTokens(settings, new ApiReader(http), undefined, NOW)).map(({ token: _token, ...rest }) => rest);
  };
  const run = async (given: typeof answers) => (await all(given)).slice(1);
  const endless = { expires: "no end", state: "ok" };
  const unknown = { expires: "unknown", state: "unknown" };

  it("reads GitHub's header, in both of its forms, and Vercel's answer", async () => {
    const end = { expires: "at", expiresAt: "2026-12-31T23:00:00.000Z", daysLeft: 38, state: "ok" };
    const vercel = { token: { id: "x", expiresAt: Date.parse("2026-12-01T09:00:00.000Z"), createdAt: NOW - 1 } };
    const soon = {
      ...{ expires: "at", expiresAt: "2026-12-01T09:00:00.000Z", daysLeft: 8, state: "expiring" },
      createdAt: "2026-11-23T08:59:59.999Z",
    };
    assert.deepEqual(await run({ header: "2026-12-31 23:00:00 UTC", vercel }), [end, soon]);
    assert.deepEqual(await run({ header: "2027-01-01 00:00:00 +0100", vercel }), [end, soon]);
  });

  it("finds Pulumi's own token by its name among those of its user, team or organization", async () => {
    const created = "2026-01-02T03:04:05.000Z";
    const ci = { name: "ci", created, expires: NOW / 1000 + 86_400 };
    const end = {
      expires: "at",
      expiresAt: "2026-11-24T09:00:00.000Z",
      daysLeft: 1,
      state: "expiring",
      createdAt: created,
    };
    const others = [{ name: "laptop", created, expires: 0 }];
    for (const [info, path] of [
      [{}, "user/tokens"],
      [{ organization: "payready" }, "orgs/payready/tokens"],
      [{ organization: "payready", team: "data" }, "orgs/payready/teams/data/tokens"],
    ] as const) {
      const [pulumi] = await all({ user: { tokenInfo: { name: "ci", ...info } }, pulumi: { [path]: [...others, ci] } });
      assert.deepEqual(pulumi, end);
    }
    const user = { tokenInfo: { name: "ci" } };
    const [forEver] = await all({ user, pulumi: { "user/tokens": [{ ...ci, expires: 0 }] } });
    assert.deepEqual(forEver, { ...endless, createdAt: created });
    for (const doubtful of [[ci, ci], others]) {
      const [pulumi] = await all({ user, pulumi: { "user/tokens": doubtful } });
      assert.deepEqual(pulumi, unknown);
    }
  });

  it("takes a token without an end for one without an end", async () => {
    assert.deepEqual(await run({ vercel: { token: { id: "x" } } }), [endless, endless]);
  });

  it("says that it does not know where nobody says anything that it understands", async () => {
    assert.deepEqual(await all({ header: "some day", vercel: { error: {} } }), [unknown, unknown, unknown]);
    for (const status of [503, 403]) assert.deepEqual(await all({ status, vercel: {} }), [unknown, unknown, unknown]);
  });

  it("knows the ends of tokens that the program made", async () => {
    const resources = [{ urn: "a::vercel-b-token", type: "t", outputs: { expiresAt: NOW - 1 } }];
    const found = await auditTokens({} as Settings, undefined, parseLedger({ resources }), NOW);
    assert.deepEqual(found, [endingAt("vercel-b-token", "2026-11-23T08:59:59.999Z", NOW)]);
    assert.equal(found[0]?.state, "expired");
  });

  it("calls soon what is less than two weeks away", () => {
    const day = (number: number) => endingAt("x", new Date(NOW + number * 86_400_000).toISOString(), NOW).state;
    assert.deepEqual(
      [day(14), day(13.9), day(0.1), day(0), day(-1)],
      ["ok", "expiring", "expiring", "expired", "expired"],
    );
  });
});
