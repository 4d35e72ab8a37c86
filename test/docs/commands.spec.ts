/** Does every command of README.md and docs/ work as written? They are run in a clone, with the stand-ins in the place of real accounts. */
import assert from "node:assert/strict";
import { type Block, parsePage, readPages, type Page } from "./markdown";
import { missingLines, openShell, sessionOf, type Shell } from "./shell";
import { NOT_RUN } from "./not-run";

const pages = readPages();
const isSession = ({ language }: Block) => language === "bash" || language === "console";
const isRun = (block: Block) => isSession(block) && !/\bnot-run\b/.test(block.info);
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

  describe("in a clone", function () {
    this.timeout(600_000);
    let shell: Shell | undefined;
    before(async () => {
      shell = await openShell();
    });
    after(() => shell?.dispose());

    for (const page of [...pages].sort(ownSandboxFirst)) {
      if (!page.blocks.some(isRun)) continue;
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

/** Pages that start a sandbox themselves come first: the others share one that is set up. */
function ownSandboxFirst(left: Page, right: Page): number {
  const shares = ({ directives }: Page) => Number(directives.some(({ word }) => word === "deployed"));
  return shares(left) - shares(right);
}

/** `fresh`: a new sandbox with nothing deployed, and the `.env` that a person fills in. `deployed`: one that is set up, which pages share. */
const SET_UP: Readonly<Record<string, string>> = {
  fresh: String.raw`
    npx sophia-secrets sandbox start
    eval "$(npx sophia-secrets sandbox env)"
    npx sophia-secrets sandbox gong-key | tr -d '{}"' | tr ',' '\n' | tr ':' '=' > .env
    chmod 600 .env`,
  deployed: String.raw`
    [ -z "$DOCS_DEPLOYED" ] || exit 0
    npx sophia-secrets sandbox start
    eval "$(npx sophia-secrets sandbox env)"
    npx sophia-secrets up
    export DOCS_DEPLOYED=1`,
};

/** The page whose first commands are typed as they stand. Everywhere else `npx` is left out: it takes longer than most of the commands. */
const REAL_NPX = "docs/quick-start.md";
const SHORT_NPX = 'npx() { [ "$1" = sophia-secrets ] && shift && node -- bin/sophia-secrets.js "$@"; }';

async function follow({ blocks, directives, path }: Page, shell: Shell): Promise<void> {
  const sharesOne = directives.some(({ word }) => word === "deployed");
  if (!sharesOne) await shell.reset();
  let isTyped = path === REAL_NPX;
  const stops = [...directives, ...blocks.filter(isRun)].sort((left, right) => left.line - right.line);
  for (const stop of stops) {
    if ("word" in stop) {
      if (stop.word === "fresh") await shell.reset();
      const { code, stdout } = await shell.run(`${SHORT_NPX}\n${SET_UP[stop.word] ?? "exit 99"}`);
      assert.equal(code, 0, `${path}:${stop.line}: ${stop.word}\n${stdout}`);
      continue;
    }
    const { commands, shown, exitCode } = sessionOf(stop);
    const { code, stdout } = await shell.run(isTyped ? commands : `${SHORT_NPX}\n${commands}`);
    isTyped = false;
    const where = `${path}:${stop.line}\n${commands}\n---\n${stdout}`;
    assert.equal(code, exitCode, where);
    assert.deepEqual(missingLines(shown, stdout), [], where);
  }
  if (!sharesOne) return shell.reset();
  const idle = await shell.run(
    `${SHORT_NPX}\nnpx sophia-secrets status --json | grep -o '"phase": *"[a-z]*"' | sort -u`,
  );
  assert.match(idle.stdout.trim(), /^"phase": *"idle"$/, `${path} leaves a rotation unfinished`);
}
