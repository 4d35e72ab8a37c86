/** Does every command of README.md and docs/ work as written? They are run in a clone, with the stand-ins in the place of real accounts. */
import assert from "node:assert/strict";
import { parsePage, readPages } from "./markdown";
import { NOT_RUN } from "./not-run";
import { follow, isRun, isSession, sharesSandbox } from "./pages";
import { missingLines, openShell, sessionOf, type Shell } from "./shell";

const pages = readPages();
const notRun = pages.flatMap(({ blocks }) => blocks.filter((block) => isSession(block) && !isRun(block)));
const run = pages.flatMap(({ blocks }) => blocks.filter(isRun));

describe("the commands of the documentation", () => {
  it("are marked where they cannot run here, each with its reason, and no others", () => {
    const found = notRun.map(({ page, info, text }) => {
      const [, reason = ""] = /^not-run reason="([^"]+)"$/.exec(info) ?? [];
      return `${page}: ${text.trim().split("\n")[0]?.replace(/\s+/g, " ")} (${reason})`;
    });
    assert.deepEqual(found, NOT_RUN);
  });

  it(`run: ${run.length} blocks do, ${notRun.length} do not`, () => {
    assert.ok(run.length > notRun.length);
    const odd = pages.flatMap(({ blocks }) => blocks.filter((block) => /^(sh|shell|zsh)$/.test(block.language)));
    assert.deepEqual(odd, [], "commands stand in bash or console blocks");
  });

  // Those that start one themselves are followed by quick-start.spec.ts.
  describe("in a clone with a sandbox that is set up", function () {
    this.timeout(600_000);
    let shell: Shell | undefined;
    before(async () => void (shell = await openShell()));
    after(() => shell?.dispose());

    for (const page of pages.filter((one) => one.blocks.some(isRun) && sharesSandbox(one))) {
      it(`work in ${page.path}`, async () => {
        assert.ok(shell);
        await follow(page, shell);
      });
    }
  });

  it("are judged by their exit code and by what they print", () => {
    assert.deepEqual(missingLines(["one … three", "four"], "zero one two\n three\nfour"), []);
    assert.deepEqual(missingLines(["four", "one"], "one\nfour"), ["one"]);
    const [block] = parsePage("x.md", "```console exit=2\n$ false\nnothing\n```").blocks;
    assert.deepEqual(block && sessionOf(block), { commands: "false", shown: ["nothing"], exitCode: 2 });
  });
});
