/** Does the provider behind EstuaryToken mint once, clean up after a crash, and say nothing that it should not? Against the stand-in. */
import assert from "node:assert/strict";
import { type EstuaryTokenInputs, estuaryTokenProvider as provider } from "../../components/credentials/estuary-token";
import { type EstuaryStandIn, startEstuary } from "../../sandbox/estuary";
import { type FaultEffect } from "../../sandbox/kit/faults";

const CONTROL = "marked-control-token-5b1f0c";
const VARIABLE = "SOPHIA_ESTUARY_CONTROL_TOKEN";

describe("components/credentials/estuary-token", () => {
  let estuary: EstuaryStandIn;
  let inputs: EstuaryTokenInputs;
  const before = process.env[VARIABLE];

  const alive = (): string[] =>
    estuary
      .tokens()
      .filter((token) => !token.revoked)
      .map((token) => token.detail);
  const fail = (nth: number, effect: FaultEffect, times = 1): void =>
    estuary.addFault({ path: "/api/graphql", nth, times, effect });

  beforeEach(async () => {
    process.env[VARIABLE] = CONTROL;
    estuary = await startEstuary({ controlToken: CONTROL });
    inputs = {
      apiUrl: estuary.url,
      serviceAccount: "payready/sophia",
      name: "sophia-test-estuary-a-1",
      generation: 1,
      validFor: "P180D",
    };
  });
  afterEach(async () => {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
    await estuary.close();
  });

  it("mints a key that Estuary accepts, under the name it was given", async () => {
    const { id, outs } = await provider.create(inputs);
    assert.equal(id, outs.tokenId);
    assert.equal(estuary.accepts(outs.apiKey), true);
    assert.deepEqual({ ...outs, apiKey: "", tokenId: "" }, { ...inputs, apiKey: "", tokenId: "" });
    assert.deepEqual(alive(), [inputs.name]);
  });

  it("revokes what a run that died left under exactly that name", async () => {
    const orphan = estuary.mint(inputs.name);
    const neighbour = estuary.mint(`${inputs.name}0`);
    const { outs } = await provider.create(inputs);
    assert.equal(estuary.accepts(orphan.apiKey), false);
    assert.equal(estuary.accepts(neighbour.apiKey), true);
    assert.equal(estuary.accepts(outs.apiKey), true);
  });

  it("revokes the orphan before it mints", async () => {
    const orphan = estuary.mint(inputs.name);
    fail(3, { kind: "status", status: 403 });
    await assert.rejects(provider.create(inputs), { message: "Estuary: cannot create a key: HTTP 403" });
    assert.equal(estuary.accepts(orphan.apiKey), false);
  });

  it("finds an orphan on a later page of accounts", async () => {
    await estuary.close();
    const serviceAccounts = [...Array.from({ length: 120 }, (_, index) => `payready/a${index}`), "payready/sophia"];
    estuary = await startEstuary({ controlToken: CONTROL, serviceAccounts });
    const orphan = estuary.mint(inputs.name, "payready/sophia");
    await provider.create({ ...inputs, apiUrl: `${estuary.url}/` });
    assert.equal(estuary.accepts(orphan.apiKey), false);
    assert.deepEqual(alive(), [inputs.name]);
  });

  it("leaves one key when the answer to the first attempt was lost", async () => {
    for (const kind of ["effect-without-reply", "cut-body"] as const) {
      estuary.clearFaults();
      fail(2, { kind });
      const { outs } = await provider.create({ ...inputs, name: kind });
      assert.deepEqual(
        alive().filter((name) => name === kind),
        [kind],
      );
      assert.equal(estuary.accepts(outs.apiKey), true);
    }
  });

  it("waits as long as a 429 asks and then succeeds", async () => {
    fail(2, { kind: "status", status: 429, headers: { "retry-after": "1" } });
    const started = Date.now();
    await provider.create(inputs);
    assert.ok(Date.now() - started >= 950);
    assert.deepEqual(
      estuary.requests().map((request) => request.status),
      [200, 429, 200],
    );
  });

  it("gives up after four attempts and at once for a refusal", async () => {
    fail(1, { kind: "status", status: 503, headers: { "retry-after": "0" } }, 9);
    await assert.rejects(provider.create(inputs), { message: "Estuary: cannot list keys: HTTP 503" });
    assert.equal(estuary.requests().length, 4);
    estuary.clearFaults();
    estuary.clearRequests();
    process.env[VARIABLE] = "bad.bearer.token";
    await assert.rejects(provider.create(inputs), { message: "Estuary: cannot list keys: HTTP 401" });
    assert.equal(estuary.requests().length, 1);
    assert.deepEqual(estuary.tokens(), []);
  });

  it("revokes on delete, again without complaint, and when Estuary does not know the key", async () => {
    const { id, outs } = await provider.create(inputs);
    await provider.delete(id, outs);
    assert.equal(estuary.accepts(outs.apiKey), false);
    await provider.delete(id, outs);
    await provider.delete("0000000000000000", outs);
  });

  it("does not take a refusal for a success while the key is still listed", async () => {
    const { id, outs } = await provider.create(inputs);
    const body = { data: null, errors: [{ message: "service account API key not found" }] };
    fail(1, { kind: "status", status: 200, body });
    await assert.rejects(provider.delete(id, outs), { message: "Estuary: cannot revoke a key: the API refused it" });
    assert.equal(estuary.accepts(outs.apiKey), true);
  });

  it("does not take a control token without rights for a key that is gone", async () => {
    const { id, outs } = await provider.create(inputs);
    process.env[VARIABLE] = estuary.mint("somebody else").apiKey;
    const message = "there is no service account payready/sophia that the control token may manage";
    await assert.rejects(provider.delete(id, outs), { message: `Estuary: cannot check a revoked key: ${message}` });
    await assert.rejects(provider.read(id, outs), { message: `Estuary: cannot list keys: ${message}` });
    assert.equal(estuary.accepts(outs.apiKey), true);
  });

  it("reads a living key with its secret and reports a revoked one as gone", async () => {
    const { id, outs } = await provider.create(inputs);
    assert.deepEqual(await provider.read(id, outs), { id, props: outs });
    await provider.delete(id, outs);
    assert.deepEqual(await provider.read(id, outs), {});
  });

  it("replaces for another name, account or address and for nothing else, the new key first", async () => {
    const { id, outs } = await provider.create(inputs);
    const diff = (changed: Partial<EstuaryTokenInputs>) => provider.diff(id, outs, { ...inputs, ...changed });
    assert.deepEqual(await diff({}), { changes: false, replaces: [], deleteBeforeReplace: false });
    assert.equal((await diff({ generation: 2, validFor: "P1Y" })).changes, false);
    assert.equal((await diff({ ["__provider" as never]: "compiled in another way" })).changes, false);
    for (const key of ["name", "serviceAccount", "apiUrl"] as const) {
      assert.deepEqual(await diff({ [key]: "other" }), { changes: true, replaces: [key], deleteBeforeReplace: false });
    }
  });

  it("keeps the control token, keys and bodies out of every error", async () => {
    const { id, outs } = await provider.create(inputs);
    const secret = (JSON.parse(Buffer.from(outs.apiKey, "base64").toString("utf8")) as { secret: string }).secret;
    const body = `marked-body ${CONTROL} ${outs.apiKey}`;
    const provoke: [string, () => void][] = [
      ["HTTP 400", () => fail(1, { kind: "status", status: 400, body })],
      ["the API refused it", () => fail(1, { kind: "status", status: 200, body: { errors: [{ message: body }] } })],
      ["SyntaxError", () => fail(1, { kind: "status", status: 200, body }, 4)],
      ["SOPHIA_ESTUARY_CONTROL_TOKEN is not a bearer token", () => (process.env[VARIABLE] = `${CONTROL}\n${CONTROL}`)],
      ["SOPHIA_ESTUARY_CONTROL_TOKEN is not set", () => delete process.env[VARIABLE]],
    ];
    for (const [problem, arrange] of provoke) {
      estuary.clearFaults();
      arrange();
      const error = await provider.read(id, outs).then(
        () => assert.fail("no error"),
        (thrown: Error) => thrown,
      );
      assert.equal(error.message, `Estuary: cannot list keys: ${problem}`);
      assert.equal(error.cause, undefined);
      for (const value of [CONTROL, outs.apiKey, secret, "marked-body"])
        assert.ok(!String(error.stack).includes(value));
    }
  });

  it("names the code of a refusal", async () => {
    const message = "PermissionDenied: marked-body";
    fail(2, { kind: "status", status: 200, body: { data: null, errors: [{ message }] } });
    await assert.rejects(provider.create(inputs), {
      message: "Estuary: cannot create a key: the API refused it (PermissionDenied)",
    });
  });

  it("sends the control token over plain http to loopback only", async () => {
    await assert.rejects(provider.create({ ...inputs, apiUrl: "http://api.estuary.example" }), {
      message: "Estuary: cannot list keys: the address of the API must be https",
    });
  });
});
