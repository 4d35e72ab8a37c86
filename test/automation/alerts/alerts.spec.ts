/** Does an alert arrive once, signed, and without a secret, and is it said where it does not? Over a real socket. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { fingerprintOf, makeAlert, titleOf, type AlertFinding } from "../../../automation/alerts/alert";
import { alertFindings } from "../../../automation/alerts/findings";
import { slackMessage } from "../../../automation/alerts/slack";
import { openWebhook, signatureOf } from "../../../automation/alerts/webhook";
import { alerting, type AlertFlags } from "../../../automation/cli/alerting";
import { CommandContext, type CliDependencies } from "../../../automation/cli/command";
import { Output } from "../../../automation/cli/output";
import { usageError } from "../../../automation/errors";
import { systemHttp } from "../../../automation/http";
import { tellingHttp } from "../../../automation/cli/verbose";
import { Redactor } from "../../../automation/redact";
import { auditDocument } from "../../../automation/reports/audit-json";
import { CHECKOUT } from "../../support/sandbox";
import { startReceiver, type Receiver } from "../../support/receiver";
import { auditFixture } from "../audit/fixture";

const TIME = "2026-11-23T09:00:00.000Z";
const KEY = Buffer.alloc(32, 7);
const finding = (rule: string, subject: string, more: Partial<AlertFinding> = {}): AlertFinding => ({
  ...{ rule, subject, level: "error", message: `${subject} is wrong`, ...more },
});
const alertOf = (...findings: AlertFinding[]) =>
  makeAlert({ source: "audit", organization: "payready", stack: "development", timestamp: TIME }, findings);

describe("an alert", () => {
  it("is the same for the same troubles, whatever their order and words", () => {
    const [one, two] = [finding("a", "x"), finding("b", "y")];
    assert.equal(fingerprintOf([one, two]), fingerprintOf([two, { ...one, message: "since 3 days" }, two]));
    assert.notEqual(fingerprintOf([one]), fingerprintOf([one, two]));
    assert.notEqual(fingerprintOf([finding("a", "x y")]), fingerprintOf([finding("a x", "y")]));
  });

  it("says in one line what is the matter", () => {
    const warning = finding("c", "z", { level: "warning" });
    assert.equal(
      titleOf(alertOf(finding("a", "x"), warning)),
      "audit: 1 error, 1 warning on stack development of payready",
    );
    assert.equal(titleOf(alertOf()), "audit: stack development of payready is well again");
  });

  it("in Slack's form lets no name call anybody or make a link, and is not longer than Slack takes", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (message, command) => {
        const { blocks } = slackMessage(alertOf(finding("a", "x", { message, command }))) as { blocks: Block[] };
        assert.doesNotMatch(blocks.map(({ text }) => text.text).join(""), /[<>]/);
      }),
    );
    const many = Array.from({ length: 70 }, (_, index) => finding("a", `${index}`, { message: "x".repeat(4000) }));
    const { blocks } = slackMessage(alertOf(...many)) as { blocks: Block[] };
    assert.equal(blocks.at(-1)?.text.text, "and 50 more");
    assert.ok(blocks.length <= 50 && blocks.every(({ text }) => text.text.length <= 3000));
  });

  it("has the errors and warnings of an audit, of a rotation what did not end well, of a test what did not pass", () => {
    const audit = auditFixture();
    const worth = audit.findings.filter(({ level }) => level !== "note").map(({ rule }) => rule);
    assert.deepEqual(
      alertFindings("audit", auditDocument(audit), 0).map(({ rule }) => rule),
      worth,
    );
    const rotation = {
      schema: "sophia-secrets/rotation",
      services: [
        { service: "gong", outcome: "manual_pending", summary: "Hand over a key", next: "npx sophia-secrets rotate" },
        { service: "vercel", outcome: "draining", summary: "fine" },
      ],
    };
    assert.deepEqual(alertFindings("rotate", rotation, 1), [
      {
        ...{ rule: "rotation-manual_pending", level: "error", subject: "gong", message: "Hand over a key" },
        command: "npx sophia-secrets rotate",
      },
    ]);
    const test = {
      schema: "sophia-secrets/integration-test",
      services: {
        gong: { outcome: "rejected", class: "authentication", error: "refused (401)", recommendations: ["Check it"] },
        vercel: { outcome: "unknown", class: "connection", error: "no answer", recommendations: [] },
        estuary: { outcome: "passed", error: null, recommendations: [] },
      },
    };
    assert.deepEqual(
      alertFindings("test", test, 1).map(({ rule, level, subject }) => [rule, level, subject]),
      [
        ["probe-rejected", "error", "gong authentication"],
        ["probe-unknown", "warning", "vercel connection"],
      ],
    );
    const unread = { state: "unreadable", reason: "no answer" };
    const access = { schema: "sophia-secrets/access", unexpected: [], places: [{ place: "github a/b", ...unread }] };
    const usage = {
      schema: "sophia-secrets/usage",
      findings: [{ rule: "leaked", subject: "a", message: "b" }],
      sources: [{ source: "esc", state: "not available" }],
      lastUses: [{ service: "vercel", ...unread }],
    };
    assert.deepEqual(
      [access, usage].map((report) => alertFindings("usage", report, 1).map(({ rule, subject }) => [rule, subject])),
      [
        [["unreadable", "github a/b"]],
        [
          ["leaked", "b"],
          ["unreadable", "last use of vercel"],
        ],
      ],
    );
    const [unsaid] = alertFindings("access", undefined, 1);
    assert.deepEqual([unsaid?.rule, unsaid?.message], ["exit-1", "access ended with exit code 1"]);
    assert.deepEqual(alertFindings("audit", undefined, 0), []);
  });
});

interface Block {
  readonly text: { readonly text: string };
}

describe("a webhook", () => {
  const open = (value: string | undefined, key?: string) =>
    openWebhook(
      { webhook: "env:HOOK", format: "json", ...(key === undefined ? {} : { signingKey: "env:KEY" }) },
      async (reference) => (reference === "env:HOOK" ? value : key),
    );
  const base64 = KEY.toString("base64");

  it("must be named, have a value, and be https but for loopback, and no message shows it", async () => {
    await assert.rejects(
      openWebhook(undefined, async () => undefined),
      { code: "alerts.no_webhook", exitCode: 2 },
    );
    await assert.rejects(open(undefined), { code: "alerts.not_set", message: /^env:HOOK has no value/ });
    for (const url of ["http://hooks.example.com/canary", "https://u:canary@example.com", "canary"])
      await assert.rejects(
        open(url),
        (error: Error & { code: string }) => error.code === "alerts.unsafe_webhook" && !/canary/.test(error.message),
      );
    assert.equal((await open("http://127.0.0.1:1/x")).url, "http://127.0.0.1:1/x");
  });

  it("takes a key in Base64, with or without its prefix, and nothing shorter", async () => {
    for (const text of [base64, `whsec_${base64}`])
      assert.deepEqual((await open("https://x.example.com", text)).key, KEY);
    for (const text of ["canary", Buffer.alloc(16).toString("base64"), `${base64}!`])
      await assert.rejects(open("https://x.example.com", text), { code: "alerts.malformed_key" }, text);
  });

  it("is signed as anybody can check", () => {
    const expected = createHmac("sha256", KEY).update("msg_1.1700000000.{}").digest("base64");
    assert.equal(signatureOf(KEY, "msg_1", 1_700_000_000, "{}"), `v1,${expected}`);
  });
});

describe("a command with --alert", function () {
  this.timeout(20_000);
  let receiver: Receiver;
  let folder: string;
  beforeEach(async () => {
    receiver = await startReceiver();
    folder = await mkdtemp(join(tmpdir(), "sophia-alerts-"));
    await writeFile(join(folder, "Pulumi.yaml"), await readFile(join(CHECKOUT, "Pulumi.yaml")));
    const settings = await readFile(join(CHECKOUT, "Pulumi.development.yaml"), "utf8");
    const alerts = "  sophia:alertWebhook: env:CANARY_HOOK\n  sophia:alertSigningKey: env:CANARY_KEY\n";
    await writeFile(join(folder, "Pulumi.development.yaml"), `${settings.trimEnd()}\n${alerts}`);
  });
  afterEach(async () => {
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  const said: string[] = [];
  const run = async (
    services: object,
    code = 1,
    flags: AlertFlags = { alert: "change" },
    { thrown, words = [], before }: { thrown?: Error; words?: string[]; before?: () => Promise<unknown> } = {},
  ) => {
    said.length = 0;
    const stream = { write: (text: string) => said.push(text) > 0, isTTY: false } as unknown as NodeJS.WriteStream;
    const redactor = new Redactor();
    redactor.add("canary-value-of-a-secret");
    const dependencies = {
      environment: { CANARY_HOOK: `${receiver.url}/canary-path`, CANARY_KEY: KEY.toString("base64") },
      ...{
        directory: folder,
        http: { ...systemHttp(), sleep: async () => undefined },
        now: () => Date.parse(TIME),
        redactor,
      },
      ...{ signal: new AbortController().signal, stdout: stream, stderr: stream },
    } as unknown as CliDependencies;
    const output = new Output({ stdout: stream, stderr: stream, redactor, json: false, verbose: true });
    const told = tellingHttp(
      dependencies.http,
      (line) => output.detail(line),
      () => 0,
    );
    Object.assign(dependencies, { http: told });
    const context = new CommandContext(dependencies, output, { stack: "development", json: false });
    return alerting(flags, { source: "test", services: words }, context, async () => {
      await before?.();
      if (thrown) throw thrown;
      output.result({ schema: "sophia-secrets/integration-test", services }, "");
      return code;
    });
  };
  const bad = (error = "refused canary-value-of-a-secret") => ({
    gong: { outcome: "rejected", class: "authentication", error, recommendations: [] },
  });

  it("tells it signed, once, without a secret, and that it is over, once", async () => {
    assert.equal(await run(bad()), 1);
    const [first] = receiver.received;
    assert.ok(first);
    const { "webhook-id": id = "", "webhook-timestamp": time = "", "webhook-signature": signature } = first.headers;
    assert.equal(signature, signatureOf(KEY, String(id), Number(time), first.body));
    assert.equal((JSON.parse(first.body) as { findings: object[] }).findings.length, 1);
    assert.doesNotMatch(first.body, /canary/);
    assert.match(said.join(""), /http {2}POST/);
    assert.doesNotMatch(said.join(""), /canary/);
    assert.equal(await run(bad("refused again")), 1);
    assert.equal(receiver.received.length, 1);
    assert.equal(await run({}, 0), 0);
    assert.equal(await run({}, 0), 0);
    assert.deepEqual(
      receiver.received.map(({ body }) => (JSON.parse(body) as { state: string }).state),
      ["failing", "recovered"],
    );
    assert.equal((await stat(join(folder, "secrets_alert_state.json"))).mode & 0o777, 0o600);
  });

  it("tells other trouble, and with always the same each time, and nothing of what was always well", async () => {
    await run({}, 0);
    assert.equal(receiver.received.length, 0);
    await run(bad());
    await run({ ...bad(), vercel: { outcome: "unknown", class: "connection", error: "x", recommendations: [] } });
    await run(bad(), 1, { alert: "always" });
    await run(bad(), 1, { alert: "always" });
    assert.equal(receiver.received.length, 4);
  });

  it("says that it did not arrive, exits 1 at most, and tries again the next time", async () => {
    receiver.answers = [{ status: 500 }];
    assert.equal(await run(bad(), 2), 2);
    assert.equal(receiver.received.length, 4);
    assert.match(said.join(""), /The alert did not arrive \(status 500\)/);
    assert.doesNotMatch(said.join(""), /canary/);
    receiver.answers = [{ status: 200 }];
    assert.equal(await run(bad(), 1), 1);
    assert.equal(receiver.received.length, 5);
    receiver.answers = [{ status: 302, headers: { location: "http://127.0.0.1:1" } }];
    assert.equal(await run({}, 0), 1);
  });

  it("tells of the error that ended the command, and throws it", async () => {
    const thrown = usageError("esc.unreachable", "ESC is gone");
    await assert.rejects(run({}, 0, undefined, { thrown }), { code: "esc.unreachable" });
    assert.match(receiver.received[0]?.body ?? "", /"rule":"esc\.unreachable"/);
  });

  it("tells of a defect too, without its words", async () => {
    await assert.rejects(run({}, 0, undefined, { thrown: new TypeError("canary") }), TypeError);
    assert.match(receiver.received[0]?.body ?? "", /"rule":"internal".*ended by a defect/);
    assert.doesNotMatch(receiver.received[0]?.body ?? "", /canary/);
  });

  it("gives no all-clear for one service because another is well, and one for both where both are", async () => {
    const states = () => receiver.received.map(({ body }) => (JSON.parse(body) as { state: string }).state);
    await run(bad(), 1, undefined, { words: ["gong"] });
    await run({}, 0, undefined, { words: ["vercel"] });
    assert.deepEqual(states(), ["failing"]);
    await run({}, 0, undefined, { words: ["gong"] });
    await run(bad(), 1, undefined, { words: ["gong"] });
    await run({}, 0, undefined, { words: ["all"] });
    await run({}, 0, undefined, { words: ["gong"] });
    await run({}, 0);
    assert.deepEqual(states(), ["failing", "recovered", "failing", "recovered"]);
  });

  it("does nothing where its note has no place, and keeps the command's own end where that was lost since", async () => {
    const flags: AlertFlags = { alert: "change", alertState: "gone/state.json" };
    await assert.rejects(run(bad(), 1, flags), { code: "alerts.unwritable", exitCode: 2 });
    assert.equal(receiver.received.length, 0);
    await mkdir(join(folder, "gone"));
    const before = () => rm(join(folder, "gone"), { recursive: true });
    assert.equal(await run(bad(), 3, flags, { before }), 3);
    assert.match(said.join(""), /The alert was sent, but that is not noted in gone\/state\.json/);
    assert.doesNotMatch(said.join(""), /nothing was changed/);
  });

  it("does nothing at all where the webhook is not known, and no alert without the option", async () => {
    await run(bad(), 1, {});
    assert.equal(receiver.received.length, 0);
    await writeFile(join(folder, "secrets_alert_state.json"), "[]");
    await assert.rejects(run(bad()), { code: "alerts.malformed_state", exitCode: 2 });
  });
});
