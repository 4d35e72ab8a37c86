/** Does the ESC client send what ESC wants, and does it say clearly what went wrong? Over real sockets. */
import assert from "node:assert/strict";
import { EscClient } from "../../../automation/esc/client";
import { AutomationError } from "../../../automation/errors";
import { systemHttp, type HttpDependencies } from "../../../automation/http";
import { createStandIn, type StandIn } from "../../../sandbox/kit/stand-in";
import { startTinyEsc, type TinyEsc } from "../../support/tiny-esc";

describe("EscClient", () => {
  let esc: TinyEsc;
  let waits: number[];
  const http = (): HttpDependencies => ({
    ...systemHttp(),
    random: () => 0.5,
    sleep: async (milliseconds) => void waits.push(milliseconds),
  });
  const clientOf = (url: string, token: string) =>
    new EscClient({ url, token, organization: "payready", project: "sophia", http: http() });
  let client: EscClient;

  beforeEach(async () => {
    esc = await startTinyEsc();
    waits = [];
    client = clientOf(esc.url, esc.token);
  });
  afterEach(() => esc.close());

  const failure = async (action: Promise<unknown>): Promise<AutomationError> => {
    const error: unknown = await action.then(
      () => assert.fail("nothing was thrown"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof AutomationError, String(error));
    return error;
  };

  it("reads text, ETag and revision, and says undefined where there is no environment", async () => {
    esc.write("development-intake", "values:\n  a: 1\n");
    assert.deepEqual(await client.read("development-intake"), {
      yaml: "values:\n  a: 1\n",
      etag: '"2-tag"',
      revision: 2,
    });
    assert.equal(await client.read("nowhere"), undefined);
    assert.equal(await client.open("nowhere"), undefined);
  });

  it("sends the ETag in a header named ETag, not If-Match, and the text as YAML", async () => {
    esc.write("development-intake", "values:\n  a: 1\n");
    const result = await client.update("development-intake", "values:\n  a: 2\n", '"2-tag"');
    assert.deepEqual(result, { outcome: "written", revision: 3, etag: '"3-tag"' });
    const headers = esc.updates[0] as Record<string, string>;
    assert.equal(headers.etag, '"2-tag"');
    assert.equal(headers["if-match"], undefined);
    assert.equal(headers["content-type"], "application/x-yaml");
    assert.equal(headers.authorization, "token pul-tiny-token");
    assert.equal(esc.text("development-intake"), "values:\n  a: 2\n");
  });

  it("says conflict for a stale ETag and writes nothing", async () => {
    esc.write("development-intake", "values:\n  a: 1\n");
    esc.write("development-intake", "values:\n  a: 5\n");
    assert.deepEqual(await client.update("development-intake", "values:\n  a: 2\n", '"2-tag"'), {
      outcome: "conflict",
    });
    assert.equal(esc.text("development-intake"), "values:\n  a: 5\n");
  });

  it("says what ESC refused, by its diagnostics", async () => {
    esc.write("development-intake", "values:\n  a: 1\n");
    const result = await client.update("development-intake", "values:\n  a: ${b}\n", '"2-tag"');
    assert.equal(result.outcome, "refused");
    assert.deepEqual(result.outcome === "refused" && result.diagnostics, ['unknown property "b"']);
  });

  it("never repeats an update, whose effect may have taken place", async () => {
    esc.write("development-intake", "values:\n  a: 1\n");
    esc.addFault({ method: "PATCH", effect: { kind: "effect-without-reply" } });
    await failure(client.update("development-intake", "values:\n  a: 2\n", '"2-tag"'));
    assert.equal(esc.requests().filter(({ method }) => method === "PATCH").length, 1);
    assert.deepEqual(waits, []);
  });

  it("opens a revision as plain values, secrets and numbers included", async () => {
    const revision = esc.write(
      "development-intake",
      'values:\n  s:\n    fn::secret: "x"\n  l: [1, true]\n  m: {n: t}\n',
    );
    esc.write("development-intake", "values: {}\n");
    assert.deepEqual(await client.open("development-intake", String(revision)), {
      s: "x",
      l: [1, true],
      m: { n: "t" },
    });
    assert.deepEqual(await client.open("development-intake"), {});
  });

  it("gives the values of an environment that is still empty", async () => {
    assert.equal(await client.create("fresh"), true);
    assert.deepEqual(await client.open("fresh"), {});
    assert.equal(await client.create("fresh"), false);
  });

  it("reads again after 5xx, 429 and a broken connection, four times in all, and gives up with exit 1", async () => {
    esc.write("development-intake", "values: {}\n");
    esc.addFault({ method: "GET", nth: 1, effect: { kind: "status", status: 502 } });
    esc.addFault({ method: "GET", nth: 2, effect: { kind: "reset" } });
    esc.addFault({ method: "GET", nth: 3, effect: { kind: "status", status: 429, headers: { "retry-after": "2" } } });
    assert.equal((await client.read("development-intake"))?.revision, 2);
    assert.deepEqual(waits, [250, 500, 2000]);
    esc.clearFaults();
    esc.clearRequests();
    esc.addFault({ method: "GET", times: 9, effect: { kind: "status", status: 503 } });
    const error = await failure(client.read("development-intake"));
    assert.equal(esc.requests().length, 4);
    assert.equal(error.code, "esc.failed");
    assert.equal(error.exitCode, 1);
  });

  it("says that the token was refused: exit 3, without the token", async () => {
    const error = await failure(clientOf(esc.url, "pul-wrong-token").userName());
    assert.equal(error.code, "esc.token_refused");
    assert.equal(error.exitCode, 3);
    assert.match(`${error.message} ${error.hint}`, /PULUMI_ACCESS_TOKEN/);
    assert.ok(!JSON.stringify([error.message, error.hint, error.stack]).includes("pul-wrong-token"));
    assert.equal(esc.requests().length, 1);
    assert.equal(await client.userName(), "tester");
  });

  it("says that ESC cannot be reached: exit 2, with the address and SOPHIA_ESC_URL", async () => {
    const { url } = esc;
    await esc.close();
    const error = await failure(client.read("development-intake"));
    assert.equal(error.code, "esc.unreachable");
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, `Pulumi ESC could not be reached at ${url} (ECONNREFUSED).`);
    assert.match(error.hint ?? "", /SOPHIA_ESC_URL/);
    assert.equal(waits.length, 3);
  });

  it("tells a token without rights from an environment that is not there", async () => {
    esc.addFault({ effect: { kind: "status", status: 403 } });
    const error = await failure(client.read("development-intake"));
    assert.equal(error.code, "esc.not_allowed");
    assert.equal(error.exitCode, 2);
  });

  it("gives ESC's reason when an environment cannot be evaluated", async () => {
    esc.write("development-intake", "values:\n  a: ${b}\n");
    const error = await failure(client.open("development-intake"));
    assert.equal(error.code, "esc.evaluation");
    assert.match(error.message, /development-intake: unknown property "b"/);
  });

  describe("with something in between that is not ESC", () => {
    let other: StandIn;
    afterEach(() => other.close());
    const answering = async (headers: Record<string, string>, body: string) => {
      const handle = () => ({ status: 200, headers, body });
      other = await createStandIn({ name: "other", routes: [{ method: "GET", path: "*rest", handle }] });
      return clientOf(other.url, "t");
    };

    it("refuses a definition without ETag, because an update would then overwrite anything", async () => {
      const error = await failure((await answering({ "pulumi-esc-revision": "4" }, "values: {}")).read("e"));
      assert.equal(error.code, "esc.malformed_answer");
    });

    it("refuses a definition without a revision", async () => {
      const error = await failure((await answering({ etag: "x" }, "values: {}")).read("e"));
      assert.equal(error.code, "esc.malformed_answer");
    });

    it("says so for an answer that is no JSON", async () => {
      const error = await failure((await answering({}, "<html>sign in</html>")).userName());
      assert.equal(error.code, "esc.malformed_answer");
      assert.ok(!error.message.includes("sign in"));
    });
  });

  it("encodes every part of a path", async () => {
    assert.equal(await client.read("a/../b?c#d"), undefined);
    const [request] = esc.requests();
    assert.equal(request?.path, "/api/esc/environments/payready/sophia/a%2F..%2Fb%3Fc%23d");
    assert.equal(request?.unexpected, false);
  });
});
