/** Is a new service one file and one line? docs/adding-a-service.md, followed to the letter in a clone: its file is the one that is added, its commands are the ones that run. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";
import { parsePage, readPages, type Block } from "./markdown";
import { missingLines, sessionOf } from "./shell";

const PAGE = "docs/adding-a-service.md";

/** Acme itself: takes the keys that there are, and remembers which it took and which it refused. */
class Acme {
  readonly keys: string[] = [];
  readonly accepted: string[] = [];
  readonly refused: string[] = [];
  private readonly server = createServer((request, response) => {
    const key = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const isKnown = request.url === "/v1/parcels?limit=1" && this.keys.includes(key);
    (isKnown ? this.accepted : this.refused).push(key);
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" }).end('{"parcels":[]}');
  });

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  makeKey(): string {
    const key = `acme_${randomBytes(16).toString("hex")}`;
    this.keys.push(key);
    return key;
  }

  deleteKey(key: string): void {
    this.keys.splice(this.keys.indexOf(key), 1);
  }
}

describe("adding a service", function () {
  this.timeout(180_000);
  const acme = new Acme();
  let copy: CheckoutCopy;
  let sandbox: SpecSandbox;
  let blocks: readonly Block[];

  before(async () => {
    blocks = (readPages().find(({ path }) => path === PAGE) ?? parsePage(PAGE, "")).blocks;
    [copy, sandbox] = await Promise.all([copyCheckout(), startSpecSandbox(), acme.start()]);
  });
  after(async () => {
    await Promise.all([copy?.dispose(), sandbox?.dispose(), acme.stop()]);
  });

  const code = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);
  /** Types the how-many-th session of the page. */
  const type = async (nth: number): Promise<void> => {
    const block = blocks.filter(({ language }) => language === "console")[nth] ?? assert.fail(`no session ${nth}`);
    const { commands, shown } = sessionOf(block);
    const printed: string[] = [];
    for (const command of commands.split("\n")) {
      const [, words = ""] = /^npx sophia-secrets (.*?)(?: \| grep ACME)?$/.exec(command) ?? assert.fail(command);
      const result = await sandbox.cli(words.split(" "), { cwd: copy.folder, asChild: true });
      const isPending = /--from-file/.test(words);
      assert.equal(result.code, isPending ? 1 : 0, said(result));
      printed.push(result.stdout, result.stderr);
    }
    assert.deepEqual(missingLines(shown, printed.join("\n")), [], printed.join("\n"));
  };

  it("is one file, and one line of the list", async () => {
    const [file = "", lines = ""] = code("ts");
    assert.match(file, /^\/\/ services\/acme\.ts\n/);
    await writeFile(join(copy.folder, "services", "acme.ts"), file.replace(/^.*\n/, ""));
    const [importLine = "", , listLine = ""] = lines.split("\n");
    const index = join(copy.folder, "services", "index.ts");
    const before = await readFile(index, "utf8");
    await writeFile(
      index,
      before.replace(/^import/m, `${importLine}\nimport`).replace(/^const catalogue = .*$/m, listLine),
    );
    assert.deepEqual(typeFaults(copy.folder), []);
    await type(0);
  });

  it("is in ESC, at GitHub and at Vercel after one up, and its log-in is tried", async () => {
    const key = acme.makeKey();
    await writeFile(join(copy.folder, "acme.env"), `ACME_API_KEY=${key}\nACME_API_URL=${acme.url}\n`, { mode: 0o600 });
    await type(1);
    const { github, vercel } = sandbox.session().settings;
    const [repository = ""] = github.repositories;
    assert.equal(sandbox.published().ACME_API_KEY, key);
    assert.equal(sandbox.github.openedSecret({ kind: "repository", repository }, "ACME_API_KEY"), key);
    assert.equal(sandbox.vercel.variable(vercel.project, "ACME_API_KEY", "preview"), key);
    assert.deepEqual(acme.accepted, [key]);
  });

  it("is rotated as every other: tried before, read by programs after, and the old key is seen to be refused", async () => {
    const [old = ""] = acme.keys;
    const fresh = acme.makeKey();
    await writeFile(join(copy.folder, "new-key.json"), JSON.stringify({ ACME_API_KEY: fresh }), { mode: 0o600 });
    await type(2);
    assert.equal(sandbox.published().ACME_API_KEY, fresh);
    acme.deleteKey(old);
    await type(3);
    assert.equal(acme.refused.at(-1), old);
  });
});

/** What the compiler says of the catalogue in this folder. */
function typeFaults(folder: string): string[] {
  const program = ts.createProgram([join(folder, "services", "index.ts")], {
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true, noEmit: true, types: [] },
    ...{ moduleResolution: ts.ModuleResolutionKind.NodeNext, exactOptionalPropertyTypes: true },
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}
