/** Does a change of the intake survive company? Read-modify-write over real sockets, with foreign changes in between. */
import assert from "node:assert/strict";
import { EscClient } from "../../../automation/esc/client";
import { type IntakeEdit } from "../../../automation/esc/intake";
import { IntakeStore } from "../../../automation/esc/store";
import { AutomationError } from "../../../automation/errors";
import { systemHttp } from "../../../automation/http";
import { startTinyEsc, type TinyEsc } from "../../support/tiny-esc";

const NAME = "development-intake";

describe("IntakeStore", () => {
  let esc: TinyEsc;
  let store: IntakeStore;
  const setting = (name: string, plain: string): IntakeEdit => ({
    path: ["services", "vercel", "settings", name],
    plain,
  });
  const patches = () => esc.requests().filter(({ method }) => method === "PATCH").length;
  const reads = () => esc.requests().filter(({ method, path }) => method === "GET" && path.endsWith(NAME)).length;
  const failure = (action: Promise<unknown>): Promise<AutomationError> =>
    action.then(
      () => assert.fail("nothing was thrown"),
      (error: unknown) => (error instanceof AutomationError ? error : assert.fail(String(error))),
    );

  beforeEach(async () => {
    esc = await startTinyEsc();
    const http = { ...systemHttp(), sleep: async () => undefined };
    const place = { organization: "payready", project: "sophia" };
    store = new IntakeStore(new EscClient({ url: esc.url, token: esc.token, ...place, http }), NAME);
  });
  afterEach(() => esc.close());

  it("says how to make an intake that is not there: exit 6", async () => {
    assert.equal(await store.find(), undefined);
    const error = await failure(store.require());
    assert.equal(error.code, "intake.missing");
    assert.equal(error.exitCode, 6);
    assert.equal(
      error.hint,
      "Put the stack's values in first: npx sophia-secrets import-env --env-file .env --stack development",
    );
  });

  it("creates it once", async () => {
    assert.equal(await store.create(), true);
    assert.equal(await store.create(), false);
    assert.equal((await store.require()).revision, 1);
  });

  it("reads definition and values of one revision, even when somebody writes in between", async () => {
    esc.write(NAME, "values:\n  services:\n    gong:\n      settings: {A: one}\n");
    esc.addFault({ method: "POST", effect: { kind: "delay", milliseconds: 60 } });
    const reading = store.require();
    while (reads() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    esc.write(NAME, "values:\n  services:\n    gong:\n      settings: {A: two}\n");
    const state = await reading;
    assert.equal(state.revision, 2);
    assert.deepEqual(state.intake.service("gong").settings, { A: "one" });
  });

  it("does not take an intake for empty when it was deleted between reading and opening", async () => {
    esc.write(NAME, "values:\n  rotation: {gong: {current: b, slots: {b: {generation: 2}}, phase: idle}}\n");
    esc.unopenable.add(NAME);
    assert.equal(await store.find(), undefined);
    assert.equal((await failure(store.require())).code, "intake.missing");
  });

  it("writes the edits with the ETag that was read and returns the new state", async () => {
    esc.write(NAME, "# ours\nvalues: {}\n");
    const state = await store.change(() => [setting("VERCEL_PROJECT_ID", "prj_1")]);
    assert.deepEqual(state.intake.service("vercel").settings, { VERCEL_PROJECT_ID: "prj_1" });
    assert.equal(state.revision, 3);
    assert.equal((esc.updates[0] as Record<string, string>).etag, '"2-tag"');
  });

  it("writes nothing when there is nothing to change", async () => {
    esc.write(NAME, "values: {}\n");
    assert.equal((await store.change(() => [])).revision, 2);
    assert.equal(patches(), 0);
  });

  it("decides again on what is there now after a conflict, so that no change is lost", async () => {
    esc.write(NAME, "values:\n  services: {vercel: {settings: {COUNT: '1'}}}\n");
    esc.beforeUpdate = () => {
      esc.beforeUpdate = undefined;
      esc.write(NAME, "values:\n  services: {vercel: {settings: {COUNT: '5', THEIRS: x}}}\n");
    };
    const seen: string[] = [];
    const state = await store.change(({ intake }) => {
      const { COUNT = "" } = intake.service("vercel").settings;
      seen.push(COUNT);
      return [setting("COUNT", String(Number(COUNT) + 1))];
    });
    assert.deepEqual(seen, ["1", "5"]);
    assert.deepEqual(state.intake.service("vercel").settings, { COUNT: "6", THEIRS: "x" });
    assert.equal(patches(), 2);
  });

  it("lets the decision stop the change when what it finds after a conflict no longer allows it", async () => {
    esc.write(NAME, "values: {}\n");
    esc.beforeUpdate = () => void esc.write(NAME, "values: {taken: true}\n");
    let asked = 0;
    const change = store.change(() => {
      asked += 1;
      if (asked === 2) throw new Error("another run holds the lock");
      return [setting("A", "b")];
    });
    await assert.rejects(change, /another run holds the lock/);
    assert.equal(patches(), 1);
    assert.equal(esc.text(NAME), "values: {taken: true}\n");
  });

  it("gives up after five conflicts with exit 10, having changed nothing", async () => {
    esc.write(NAME, "values: {}\n");
    let theirs = 0;
    esc.beforeUpdate = () => void esc.write(NAME, `values: {theirs: ${(theirs += 1)}}\n`);
    const error = await failure(store.change(() => [setting("A", "b")]));
    assert.equal(error.code, "intake.conflict");
    assert.equal(error.exitCode, 10);
    assert.match(error.message, /payready\/sophia\/development-intake .* 5 times/);
    assert.equal(patches(), 5);
    assert.equal(reads(), 5);
    assert.equal(esc.text(NAME), "values: {theirs: 5}\n");
  });

  it("says what ESC refused, with exit 2 and without trying again", async () => {
    esc.write(NAME, "values: {}\n");
    esc.addFault({
      method: "PATCH",
      effect: { kind: "status", status: 400, body: { diagnostics: [{ summary: "no such thing" }] } },
    });
    const error = await failure(store.change(() => [setting("A", "b")]));
    assert.equal(error.code, "intake.refused");
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /no such thing\. Nothing was changed\./);
    assert.equal(patches(), 1);
  });

  it("keeps two runs that change at the same time from losing either's change", async () => {
    esc.write(NAME, "values: {}\n");
    const names = ["A", "B", "C", "D"];
    await Promise.all(names.map((name) => store.change(() => [setting(name, "x")])));
    assert.deepEqual(Object.keys((await store.require()).intake.service("vercel").settings).sort(), names);
  });
});
