/** Does the gate before a retirement see who uses the old credential? What services say, what it means, and what the driver does with it. */
import assert from "node:assert/strict";
import { systemHttp } from "../../../automation/http";
import { type RotationReport } from "../../../automation/rotation/report";
import { judgeUsage, readLastUses, type LastUses, type UsageWorld } from "../../../automation/rotation/usage";
import { startEstuary, type EstuaryStandIn } from "../../../sandbox/estuary";
import { startVercel, type VercelStandIn } from "../../../sandbox/vercel";
import { type Usage } from "../../../services/service";
import { eachInAWorld, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const HOUR = 3_600_000;
const T = Date.parse("2026-11-23T09:00:00.000Z");
const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");
const usageOf = (service: string): Usage =>
  servicesNamed(service).flatMap(({ rotation }) => Object.values(rotation?.strategies ?? {}))[0]?.usage ??
  assert.fail(`${service} declares none`);

describe("the last uses of two credentials", () => {
  const fresh = { at: iso(T + 1) };
  const judge = (old: LastUses["old"], now: number) =>
    judgeUsage({ old, fresh }, { since: T, now, quietMs: HOUR }).outcome;

  it("mean that the old one is in use when it was used after the confirmation and within the grace period", () => {
    assert.equal(judge({ at: iso(T + 10) }, T + HOUR), "in_use");
    assert.equal(judge({ at: iso(T + 10) }, T + HOUR + 10), "unused");
    assert.equal(judge({ at: iso(T) }, T + 1), "unused");
    assert.equal(judge(undefined, T + 1), "unused");
  });

  it("mean nothing where not even our own use of the new one is shown", () => {
    for (const old of [undefined, { at: iso(T + 10) }])
      assert.equal(judgeUsage({ old, fresh: undefined }, { since: T, now: T + 20, quietMs: HOUR }).outcome, "unknown");
  });
});

describe("what a service says of last uses", () => {
  let vercel: VercelStandIn;
  let estuary: EstuaryStandIn;
  let world: UsageWorld;
  before(async () => {
    vercel = await startVercel({
      controlToken: "control-vercel-0123456789abcdef",
      team: { id: "team_1", slug: "payready" },
      projects: [],
    });
    estuary = await startEstuary({ controlToken: "control-estuary" });
    const settings = {
      endpoints: { vercel: vercel.url },
      tokens: { vercel: "control-vercel-0123456789abcdef", estuary: "control-estuary" },
    };
    world = { settings: settings as never, http: { ...systemHttp(), sleep: async () => undefined } };
  });
  after(async () => {
    await vercel.close();
    await estuary.close();
  });

  it("at Estuary is told of each key, and asking is no use of it", async () => {
    const [old, fresh] = [estuary.mint("a"), estuary.mint("b")];
    const ask = (values = { ESTUARY_API_KEY: fresh.apiKey, ESTUARY_API_URL: estuary.url }) =>
      readLastUses(usageOf("estuary"), { old: { ESTUARY_API_KEY: old.apiKey }, fresh: values }, world);
    assert.deepEqual(await ask(), { old: undefined, fresh: undefined });
    await fetch(`${estuary.url}/api/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${old.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        query: "query { prefixes(first: 1, by: { minCapability: read }) { edges { node { prefix } } } }",
      }),
    });
    const used = estuary.tokens().find(({ id }) => id === old.id)?.lastUsed ?? assert.fail("not used");
    assert.deepEqual(await ask(), { old: { at: used }, fresh: undefined });
    assert.deepEqual((await ask()).old, { at: used });
  });

  it("at Estuary is found on the last of many pages too", async () => {
    const accounts = Array.from({ length: 101 }, (_, index) => `payready/${index}`);
    const many = await startEstuary({ controlToken: "control-estuary", serviceAccounts: accounts });
    try {
      const { id, apiKey } = many.mint("a", "payready/100");
      const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
      const body = JSON.stringify({ query: "query { prefixes(first: 1) { edges { node { prefix } } } }" });
      await fetch(`${many.url}/api/graphql`, { method: "POST", headers, body });
      const values = { ESTUARY_API_KEY: apiKey, ESTUARY_API_URL: many.url };
      const used = many.tokens().find((token) => token.id === id)?.lastUsed ?? assert.fail("not used");
      const { old } = await readLastUses(usageOf("estuary"), { old: values, fresh: values }, world);
      assert.deepEqual(old, { at: used });
    } finally {
      await many.close();
    }
  });

  it("at Vercel is told of each token by its first and last characters, and asking is no use of it", async () => {
    const mint = async (name: string) => {
      const headers = { authorization: "Bearer control-vercel-0123456789abcdef", "content-type": "application/json" };
      const body = JSON.stringify({ name });
      const reply = await fetch(`${vercel.url}/v3/user/tokens`, { method: "POST", headers, body });
      return ((await reply.json()) as { bearerToken: string }).bearerToken;
    };
    const [old, fresh] = [await mint("old"), await mint("fresh")];
    await fetch(`${vercel.url}/v5/user/tokens/current`, { headers: { authorization: `Bearer ${old}` } });
    const activeAt = (bearer: string) =>
      iso(vercel.tokens().find(({ bearerToken }) => bearerToken === bearer)?.activeAt ?? 0);
    const ask = () =>
      readLastUses(
        usageOf("vercel"),
        { old: { VERCEL_ACCESS_TOKEN: old }, fresh: { VERCEL_ACCESS_TOKEN: fresh } },
        world,
      );
    const expected = { old: { at: activeAt(old) }, fresh: { at: activeAt(fresh) } };
    assert.deepEqual([await ask(), await ask()], [expected, expected]);
    const unlisted = { VERCEL_ACCESS_TOKEN: `${old.slice(0, 4)}-of-somebody-else` };
    assert.deepEqual(await readLastUses(usageOf("vercel"), { old: unlisted, fresh: unlisted }, world), {
      ...{ old: undefined, fresh: undefined },
    });
  });

  it("at Vercel is told also of a token that is not on the first page of the list", async () => {
    const usage = usageOf("vercel");
    assert.ok(usage.kind === "token-list");
    const mint = async (name: string) => {
      const headers = { authorization: "Bearer control-vercel-0123456789abcdef", "content-type": "application/json" };
      const body = JSON.stringify({ name });
      const reply = await fetch(`${vercel.url}/v3/user/tokens`, { method: "POST", headers, body });
      return ((await reply.json()) as { bearerToken: string }).bearerToken;
    };
    const tokens = [await mint("first"), await mint("second"), await mint("third")];
    for (const token of tokens) {
      await fetch(`${vercel.url}/v5/user/tokens/current`, { headers: { authorization: `Bearer ${token}` } });
      const values = { VERCEL_ACCESS_TOKEN: token };
      const small = { ...usage, path: "/v6/user/tokens?limit=1" };
      const { old } = await readLastUses(small, { old: values, fresh: values }, world);
      assert.ok(old?.at !== undefined, "not found");
    }
  });

  it("is an error where the service refuses to say, without the token", async () => {
    const settings = { ...world.settings, tokens: { ...world.settings.tokens, vercel: "canary-wrong" } };
    await assert.rejects(
      readLastUses(usageOf("vercel"), { old: {}, fresh: {} }, { ...world, settings }),
      (error: Error) => error.message === "status 403",
    );
  });
});

describe("a rotation whose old credential is still used", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));
  const usedAt = (old: () => number) => {
    world.lastUses = async () => ({
      old: { at: iso(old()), by: "JavaScript from 10.0.0.7" },
      fresh: { at: iso(world.now) },
    });
  };
  /** Drains for an hour; then the time has come. */
  const drained = async () => {
    await world.driver().run({ graceMs: HOUR });
    world.now += HOUR;
  };
  const resume = (options: { force?: boolean } = {}) =>
    world.driver().run({ resumeOnly: true, graceMs: HOUR, ...options });

  it("retire_pending: says by whom and when, keeps it, and goes on when it has been quiet for the grace period", async () => {
    await drained();
    const last = world.now - 60_000;
    usedAt(() => last);
    const report = one(await resume());
    assert.equal(report.outcome, "retire_pending");
    assert.match(
      report.summary,
      new RegExp(`still in use: last at ${iso(last)} by JavaScript from 10.0.0.7; .*--force`),
    );
    assert.deepEqual(report.usage, { outcome: "in_use", last: { at: iso(last), by: "JavaScript from 10.0.0.7" } });
    assert.equal((await world.record("snowflake")).phase, "draining");
    assert.equal(world.aliveCount("snowflake"), 2);
    world.now = last + HOUR;
    const later = one(await resume());
    assert.deepEqual([later.outcome, later.usage?.outcome], ["rotated", "unused"]);
  });

  it("rotated: --force retires it all the same, without asking", async () => {
    await drained();
    world.lastUses = async () => assert.fail("asked");
    assert.equal(one(await resume({ force: true })).outcome, "rotated");
  });

  it("rotated: a use that is about to be old enough is waited for", async () => {
    await drained();
    const last = world.now - HOUR + 20_000;
    usedAt(() => last);
    assert.equal(one(await resume()).outcome, "rotated");
    assert.deepEqual(world.waits, [20_000]);
  });

  it("retire_pending: somebody who goes on and on is not waited for for ever", async () => {
    await world.driver().run({ graceMs: 90_000 });
    world.now += 90_000;
    usedAt(() => world.now - 60_000);
    assert.equal(one(await resume()).outcome, "retire_pending");
    assert.ok(world.waits.every((wait) => wait <= 60_000) && world.waits.length <= 3, world.waits.join());
  });

  it("rotated: a service that cannot tell is no reason to keep a credential for ever, and the report says so", async () => {
    await drained();
    world.lastUses = async () => Promise.reject(new Error("status 403"));
    const report = one(await resume());
    assert.equal(report.outcome, "rotated");
    assert.deepEqual(report.usage, { outcome: "unknown", reason: "status 403" });
  });

  it("is not asked about where the service says nothing of uses", async () => {
    world.lastUses = async () => assert.fail("asked");
    const report = one(await world.driver().run({ services: servicesNamed("gong") }));
    assert.deepEqual([report.outcome, report.usage], ["rotated", undefined]);
  });
});
