/** Does a run of the engine end when its program has failed and others wait for what failed? On the real engine, with a program without plugins. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, PulumiCommand, type EngineEvent, type PulumiFn } from "@pulumi/pulumi/automation";
import { StalledProgram } from "../../automation/stalled-program";
import { readTestToolchain } from "../support/engine";

class Thing extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("sophia:spec:Thing", name, {}, opts);
    this.registerOutputs({});
  }
}

/** One thing cannot be registered, the other one waits for it. */
const failing: PulumiFn = async () => {
  const alias = pulumi.output(1).apply((): string => {
    throw new Error("it is not so");
  });
  const first = new Thing("first", { aliases: [alias] });
  new Thing("second", { dependsOn: [first] });
};

describe("a program that has failed", function () {
  this.timeout(120_000);

  it("does not hold the run and its lock for ever, where others wait for what failed", async () => {
    const { pulumi: cli } = await readTestToolchain();
    const folder = await mkdtemp(join(tmpdir(), "sophia-stalled-"));
    try {
      const stalled = new StalledProgram(2000);
      const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: "spec", projectName: "stalled", program: failing },
        {
          workDir: folder,
          pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(cli.path)) }),
          envVars: {
            ...{ PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "spec", PULUMI_HOME: folder },
            PULUMI_SKIP_UPDATE_CHECK: "true",
          },
        },
      );
      const onEvent = (event: EngineEvent) => stalled.take(event);
      const options = { onEvent, signal: stalled.signal, continueOnError: true };
      await assert.rejects(stalled.during(() => stack.up(options)));
      assert.equal(stalled.isEnded, true);
      assert.match(stalled.errors.map(({ message }) => message).join(), /it is not so/);
      assert.deepEqual(await stack.history().then((runs) => runs.map(({ result }) => result)), ["failed"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the watch over a program", () => {
  const at = (urn: string, custom = true) => ({ metadata: { urn, new: { custom } } }) as never;
  const event = (parts: Partial<EngineEvent>) => ({ sequence: 1, timestamp: 1, ...parts });
  const failure = event({ diagnosticEvent: { severity: "error", message: "x" } as never });
  const endsWithin = async (milliseconds: number, events: readonly EngineEvent[]) => {
    const stalled = new StalledProgram(20);
    await stalled.during(async () => {
      for (const one of events) stalled.take(one);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    });
    return stalled.isEnded;
  };

  it("ends nothing where nothing has failed, or something is in progress", async () => {
    const begun = event({ resourcePreEvent: at("a") });
    assert.equal(await endsWithin(100, [begun, event({ resOutputsEvent: at("a") })]), false);
    assert.equal(await endsWithin(100, [begun, failure]), false);
  });

  it("ends a run that failed and is silent", async () => {
    assert.equal(await endsWithin(300, [failure]), true);
    assert.equal(await endsWithin(300, [event({ resourcePreEvent: at("component", false) }), failure]), true);
    const begun = event({ resourcePreEvent: at("a") });
    assert.equal(await endsWithin(300, [begun, event({ resOpFailedEvent: at("a") })]), true);
    assert.equal(await endsWithin(300, [failure, begun, event({ resOutputsEvent: at("a") })]), true);
  });
});
