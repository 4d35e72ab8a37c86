/** How does a spec follow a page of the documentation? Block by block in a shell, judged by exit codes and by what the page shows. */
import assert from "node:assert/strict";
import { type Block, type Page } from "./markdown";
import { missingLines, sessionOf, type Shell } from "./shell";

/** The page that is followed as it stands. Everywhere else `npx` is left out, which takes longer than most of the commands, and so does the start of providers. */
const AS_IT_STANDS = "docs/quick-start.md";
const SHORT_NPX = 'npx() { [ "$1" = sophia-secrets ] && shift && node -- bin/sophia-secrets.js "$@"; }';

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

/** Whether a block holds commands. */
export function isSession({ language }: Block): boolean {
  return language === "bash" || language === "console";
}

/** Whether its commands are run. */
export function isRun(block: Block): boolean {
  return isSession(block) && !/\bnot-run\b/.test(block.info);
}

/** Pages that use the sandbox that is set up; the others start their own, and end it. */
export function sharesSandbox({ directives }: Page): boolean {
  return directives.some(({ word }) => word === "deployed");
}

/** Does what the page says. Throws at the first command that ends or prints otherwise. */
export async function follow(page: Page, shell: Shell): Promise<void> {
  const { blocks, directives, path } = page;
  if (!sharesSandbox(page)) await shell.reset();
  const ownProviders = path === AS_IT_STANDS;
  let isTyped = ownProviders;
  const stops = [...directives, ...blocks.filter(isRun)].sort((left, right) => left.line - right.line);
  for (const stop of stops) {
    if ("word" in stop) {
      if (stop.word === "fresh") await shell.reset();
      const { code, stdout } = await shell.run(`${SHORT_NPX}\n${SET_UP[stop.word] ?? "exit 99"}`);
      assert.equal(code, 0, `${path}:${stop.line}: ${stop.word}\n${stdout}`);
      continue;
    }
    const { commands, shown, exitCode } = sessionOf(stop);
    const { code, stdout } = await shell.run(isTyped ? commands : `${SHORT_NPX}\n${commands}`, { ownProviders });
    isTyped = false;
    const where = `${path}:${stop.line}\n${commands}\n---\n${stdout}`;
    assert.equal(code, exitCode, where);
    assert.deepEqual(missingLines(shown, stdout), [], where);
  }
  if (!sharesSandbox(page)) return shell.reset();
  const idle = await shell.run(
    `${SHORT_NPX}\nnpx sophia-secrets status --json | grep -o '"phase": *"[a-z]*"' | sort -u`,
  );
  assert.match(idle.stdout.trim(), /^"phase": *"idle"$/, `${path} leaves a rotation unfinished`);
}
