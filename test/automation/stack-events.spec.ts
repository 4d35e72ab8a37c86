/** What is kept of the engine's errors? */
import assert from "node:assert/strict";
import { type EngineEvent } from "@pulumi/pulumi/automation";
import { EventCollector } from "../../automation/stack-events";

describe("an error of the engine", () => {
  it("is kept as one sentence, once, without the place in the program", () => {
    const events = new EventCollector();
    events.take(
      diagnostic(
        "error",
        "<{%reset%}>Unhandled exception: Error: no strategy\n    at f (/a/b.js:1:2)\n    at async file:///c.mjs:3:4\n",
      ),
    );
    events.take(diagnostic("error", "no strategy\n"));
    events.take(diagnostic("warning", "never mind"));
    events.take(diagnostic("error", "  sdk-v2: error creating user:\n  at least one is needed"));
    assert.deepEqual(events.errors, ["no strategy", "sdk-v2: error creating user: at least one is needed"]);
  });
});

describe("the end of a run", () => {
  it("tells what the program exported, and nothing that a resource did", () => {
    const events = new EventCollector();
    const outputsOf = (type: string) =>
      ({ resOutputsEvent: { metadata: { type, new: { outputs: { secretsRevision: 3 } } } } }) as unknown as EngineEvent;
    events.take(outputsOf("random:index/randomId:RandomId"));
    assert.deepEqual(events.outputs, {});
    events.take(outputsOf("pulumi:pulumi:Stack"));
    assert.deepEqual(events.outputs, { secretsRevision: 3 });
  });
});

function diagnostic(severity: "error" | "warning", message: string): EngineEvent {
  return { sequence: 1, timestamp: 1, diagnosticEvent: { color: "never", severity, message } };
}
