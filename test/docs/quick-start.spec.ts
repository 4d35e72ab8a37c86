/** Do the pages that begin with a sandbox of their own work as written? The longest of them is what a new reader does. */
import assert from "node:assert/strict";
import { readPages } from "./markdown";
import { follow, isRun, sharesSandbox } from "./pages";
import { openShell, type Shell } from "./shell";

const pages = readPages().filter((page) => page.blocks.some(isRun) && !sharesSandbox(page));

describe("the commands of pages with a sandbox of their own", function () {
  this.timeout(600_000);
  let shell: Shell | undefined;
  before(async () => void (shell = await openShell()));
  after(() => shell?.dispose());

  for (const page of pages) {
    it(`work in ${page.path}`, async () => {
      assert.ok(shell);
      await follow(page, shell);
    });
  }
});
