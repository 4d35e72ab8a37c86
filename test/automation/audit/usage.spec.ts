/** Does a usage audit see what the logs say, and say what it could not see? Over real sockets against the stand-ins. */
import assert from "node:assert/strict";
import { ApiReader } from "../../../automation/api-reader";
import { auditUsage, type UsageAudit } from "../../../automation/audit/usage/usage";
import { systemHttp } from "../../../automation/http";
import { usageDocument, usageText } from "../../../automation/reports/usage";
import { services } from "../../../services";
import { startStandIns, type StandIns } from "../../support/stand-ins";

const DAY = 86_400_000;

describe("audit --usage", function () {
  this.timeout(60_000);
  let world: StandIns;
  before(async () => void (world = await startStandIns()));
  after(() => world.close());

  const http = { ...systemHttp(), sleep: async () => undefined };
  const audit = (environment = {}): Promise<UsageAudit> =>
    auditUsage(world.session(environment), services, new ApiReader(http), Date.now());
  const messages = ({ findings }: UsageAudit) => findings.map(({ rule, message }) => `${rule}: ${message}`);
  const sourceOf = ({ sources }: UsageAudit, start: string) =>
    sources.find(({ source }) => source.startsWith(start)) ?? assert.fail(`no ${start}`);
  const ago = (days: number) => Date.now() - days * DAY - 60_000;

  it("says that it does not know what is usual before there is a past, and of what it could not read", async () => {
    const found = await audit();
    assert.deepEqual(found.findings, []);
    assert.equal(sourceOf(found, "github audit log").state, "not available");
    assert.equal(sourceOf(found, "github secret scanning").reason, "status 404");
    const text = usageText(found);
    assert.match(text, /^Nothing unusual in 2 of 4 logs\. Not known: github audit log of payready, github secret/m);
    assert.match(text, /what is usual for esc sophia\/development/);
    for (const width of [100, 80])
      assert.deepEqual(
        usageText(found, false, width)
          .split("\n")
          .filter((line) => line.length > width),
        [],
      );
  });

  it("finds failed log-ins and a new address and client of a Snowflake user", async () => {
    const user = "SOPHIA_SERVICE";
    for (const day of [1, 2, 3, 4, 5, 6])
      for (let use = 0; use < 3; use += 1)
        world.snowflake.addLogIn({ at: ago(day), user, ok: true, client: "JavaScript", address: "198.51.100.1" });
    assert.deepEqual(messages(await audit()), []);
    world.snowflake.addLogIn({ at: ago(0), user, ok: true, client: "PythonConnector", address: "203.0.113.9" });
    for (let attempt = 0; attempt < 4; attempt += 1)
      world.snowflake.addLogIn({
        at: ago(0),
        user,
        ok: false,
        code: "390100",
        client: "JavaScript",
        address: "203.0.113.9",
      });
    const found = await audit();
    assert.deepEqual(messages(found), [
      "failed: snowflake SOPHIA_SERVICE: 4 failed attempts on the last day, 0 on a usual one",
      "new-address: snowflake SOPHIA_SERVICE: 203.0.113.9, address not seen before",
      "new-client: snowflake SOPHIA_SERVICE: PythonConnector, client not seen before",
    ]);
    const [subject] = sourceOf(found, "snowflake log-in history of SOPHIA_SERVICE").subjects;
    assert.deepEqual([subject?.uses, subject?.failures, subject?.baselineUses, subject?.baselineDays], [1, 4, 18, 6]);
  });

  it("finds somebody new who opens the stack's ESC environment, over more pages than one", async () => {
    const { events } = world.esc.organization;
    const opened = (days: number, login: string, more: object = {}) =>
      events.push({
        ...{ timestamp: Math.floor(ago(days) / 1000), sourceIP: "127.0.0.1", event: "Environment Open", login },
        ...{ description: "opened environment sophia/development", tokenName: "sandbox", ...more },
      });
    for (const day of [1, 2, 3, 4, 5, 6]) for (let use = 0; use < 40; use += 1) opened(day, "sandbox");
    opened(1, "nobody", { description: "opened environment sophia/development-of-others" });
    opened(20, "mallory");
    opened(0, "mallory", { sourceIP: "203.0.113.9" });
    opened(0, "eve", { event: "environment-unauthorized-open", authFailure: true });
    const found = (await audit()).findings.filter(({ subject }) => subject.startsWith("esc "));
    assert.deepEqual(
      found.map(({ message }) => message),
      [
        "esc sophia/development: mallory token sandbox, user not seen before",
        "esc sophia/development: 203.0.113.9, address not seen before",
      ],
    );
    const { subjects } = sourceOf(await audit(), "esc audit log");
    assert.deepEqual(
      subjects
        .filter(({ subject }) => subject === "esc sophia/development")
        .map((one) => [one.failures, one.baselineUses]),
      [[1, 240]],
    );
  });

  it("reads GitHub's log and what GitHub found in code where the plan gives it, without the found text", async () => {
    world.github.setPeople("sophia", { collaborators: {}, foundSecrets: ["Vercel Access Token"] });
    const wrote = (days: number, actor: string) => ({ at: ago(days), action: "org.update_actions_secret", actor });
    world.github.setAuditLog([
      ...[1, 2, 3, 4, 5, 6].flatMap((day) => Array.from({ length: 30 }, () => wrote(day, "sophia-bot"))),
      wrote(0, "mallory"),
      { at: ago(0), action: "repo.create", actor: "stranger" },
    ]);
    const found = await audit();
    const github = messages(found).filter((text) => /github|payready\/sophia has/.test(text));
    assert.match(github[0] ?? "", /^leaked: payready\/sophia has Vercel Access Token in its code since .* https:/);
    assert.equal(github[1], "new-user: github payready Actions secrets: mallory, user not seen before");
    assert.equal(github.length, 2);
    assert.doesNotMatch(JSON.stringify(usageDocument(found)), /found-secret|canary/);
  });

  it("asks services that list their tokens when the credential was used last, and finds one that nobody uses", async () => {
    const { id, apiKey } = world.estuary.mint("sophia-development-estuary-a-1");
    assert.ok(id);
    world.esc.edit(
      "sophia",
      "development",
      `values:\n  environmentVariables:\n    ESTUARY_API_URL: ${world.estuary.url}\n    ESTUARY_API_KEY:\n      fn::secret: ${apiKey}\n`,
    );
    const before = (await audit()).lastUses;
    assert.deepEqual(before, [{ service: "estuary", state: "read" }]);
    await fetch(`${world.estuary.url}/api/graphql`, {
      ...{ method: "POST", headers: { authorization: `Bearer ${apiKey}` } },
      body: JSON.stringify({ query: "query { prefixes(first: 1) { edges { node { prefix } } } }" }),
    });
    const used = (await audit()).lastUses[0]?.lastUsed ?? "";
    assert.ok(Date.now() - Date.parse(used) < 60_000, used);
    const later = await auditUsage(world.session(), services, new ApiReader(http), Date.now() + 31 * DAY);
    assert.deepEqual(
      later.findings.filter(({ rule }) => rule === "idle").map(({ subject }) => subject),
      ["estuary"],
    );
  });

  it("says that a log did not answer, and asks nobody without an administrator", async () => {
    world.github.addFault({ path: "/audit-log$", times: 9, effect: { kind: "status", status: 502 } });
    try {
      const found = await audit({ SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: undefined });
      assert.equal(sourceOf(found, "github audit log").state, "unreadable");
      assert.equal(sourceOf(found, "snowflake log-in history").state, "not asked");
    } finally {
      world.github.clearFaults();
    }
  });
});
