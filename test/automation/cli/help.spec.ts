/** Does help fit a terminal of 80 columns, and does it show how a command is used? Walks commander's own tree. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createCli } from "../../../automation/cli/cli";
import { CHECKOUT } from "../../support/sandbox";

const cli = createCli("0", async () => undefined);

describe("help", function () {
  this.timeout(60_000);
  /** As a pipe reads it: no terminal, no COLUMNS. */
  const help = (...words: string[]): string => {
    const { COLUMNS: _columns, ...env } = process.env;
    const entry = join(CHECKOUT, "bin", "sophia-secrets.js");
    const { stdout, status } = spawnSync(process.execPath, [entry, ...words, "--help"], { env, encoding: "utf8" });
    assert.equal(status, 0);
    return stdout;
  };
  const tooWide = (text: string): string[] => text.split("\n").filter((line) => line.length > 80);

  it("of the whole fits 80 columns, names every verb and what the environment changes", () => {
    const text = help();
    assert.deepEqual(tooWide(text), []);
    for (const command of cli.commands) assert.match(text, new RegExp(`^  ${command.name()} +\\w`, "m"));
    for (const word of ["Example", "SOPHIA_SECRETS_DEBUG", "SOPHIA_SECRETS_YES", "PULUMI_STACK", "NO_COLOR"])
      assert.match(text, new RegExp(word));
  });

  for (const command of cli.commands) {
    const name = command.name();
    it(`of ${name} fits 80 columns, shows an example, --verbose, and no default of a switch`, () => {
      const text = help(name);
      assert.deepEqual(tooWide(text), []);
      assert.match(text, new RegExp(`^Examples?:\n  \\$ sophia-secrets ${name}`, "m"));
      assert.match(text, /^ +--verbose /m);
      assert.doesNotMatch(text, /default: (false|true)/);
    });
  }

  it("is what somebody gets who names no command, with exit code 2", () => {
    const result = spawnSync(process.execPath, [join(CHECKOUT, "bin", "sophia-secrets.js")], { encoding: "utf8" });
    assert.deepEqual([result.status, result.stdout], [2, ""]);
    assert.match(
      result.stderr,
      /^Usage: sophia-secrets[^]*error: A command is missing; nothing was changed\.\n {2}Choose from: up,/,
    );
  });

  it("says of a word that is no command which one was meant", () => {
    const words = [join(CHECKOUT, "bin", "sophia-secrets.js"), "help", "rotat"];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^error: Unknown command 'rotat'; nothing was changed\.\n {2}Did you mean rotate\? Choose from: up,/,
    );
  });
});
