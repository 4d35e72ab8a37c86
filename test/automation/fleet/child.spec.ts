/** Is each stack a process of its own, that ends in good order and whose words are taken as what they are? */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childWorker } from "../../../automation/fleet/child";
import { fanOut } from "../../../automation/fleet/fan-out";

/** What stands in for the command line: a program of a few lines for each stack. */
const PROGRAM = `
const stack = process.argv[process.argv.indexOf("--stack") + 1];
const envelope = (code, exitCode) =>
  JSON.stringify({ schema: "sophia-secrets/error", version: 1, error: { code, severity: "error", message: "no", exitCode, suggestions: [] } });
const acts = {
  sound: () => console.log(JSON.stringify({ argv: process.argv.slice(2), environment: process.env.ONLY, group: process.pid }, null, 2)),
  refused: () => { console.error("  · PUT /secrets 403"); console.error(envelope("stack.token_refused", 3)); process.exitCode = 3; },
  killed: () => process.kill(process.pid, "SIGKILL"),
  patient: () => {
    let signals = 0;
    const timer = setInterval(() => undefined, 1000);
    process.on("SIGINT", () => {
      signals += 1;
      setTimeout(() => { console.log(JSON.stringify({ signals })); clearInterval(timer); process.exitCode = 8; }, 50);
    });
    console.error("ready");
  },
};
acts[stack]();
`;

describe("a stack's process", () => {
  let folder: string;
  const told: string[] = [];
  let onTold = (): void => undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-fleet-"));
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "sophia-secrets.js"), PROGRAM);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (stacks: readonly string[], signal = new AbortController().signal) =>
    fanOut({
      ...{ stacks, parallel: 3, signal, now: () => 0 },
      worker: childWorker({
        packageDirectory: folder,
        words: (stack) => ["rotate", "--yes", `--evidence=${stack}`],
        directory: folder,
        environment: { PATH: process.env.PATH, ONLY: "these", NOT: undefined },
        tell: (stack, line) => {
          told.push(`${stack}: ${line}`);
          onTold();
        },
      }),
    });

  it("gets the words and the environment that are its own, and gives its report", async () => {
    const [outcome] = await run(["sound"]);
    const { argv, environment, group } = outcome?.report as { argv: string[]; environment: string; group: number };
    assert.deepEqual(argv, ["rotate", "--yes", "--evidence=sound", "--stack", "sound", "--json"]);
    assert.equal(environment, "these");
    assert.notEqual(group, process.pid);
    assert.equal(outcome?.exitCode, 0);
  });

  it("harms no other when it is refused or killed; its error is data, its other words are told", async () => {
    const outcomes = await run(["refused", "killed", "sound"]);
    assert.deepEqual(
      outcomes.map(({ stack, exitCode, error }) => [stack, exitCode, error?.code]),
      [
        ["refused", 3, "stack.token_refused"],
        ["killed", 255, undefined],
        ["sound", 0, undefined],
      ],
    );
    assert.deepEqual(told, ["refused:   · PUT /secrets 403"]);
  });

  it("is told once when the user ends the run, and waited for", async () => {
    const interrupt = new AbortController();
    onTold = () => interrupt.abort();
    const outcomes = await run(["patient"], interrupt.signal);
    assert.deepEqual([outcomes[0]?.exitCode, outcomes[0]?.report], [8, { signals: 1 }]);
  });
});
