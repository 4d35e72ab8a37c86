/** Does the documentation name only what there is? Links, commands, options, settings, codes, variables, and what the program is said to say. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command } from "commander";
import { createCli } from "../../automation/cli/cli";
import { EXIT } from "../../automation/errors";
import { CHECKOUT } from "../support/sandbox";
import { anchorsOf, codeOf, linksOf, parsePage, readPages, targetOf, type Page } from "./markdown";
import { errorCodes, isSaid, readSources, readWordings, settingKeys } from "./sources";

const pages = readPages();
const sources = readSources();
const cli = createCli("0.0.0", () => Promise.resolve());

/** Everything on a page that is code, a line of a block at a time. */
const codeLines = (page: Page) => [...codeOf(page), ...page.blocks.flatMap(({ text }) => joined(text).split("\n"))];
const joined = (text: string) => text.replace(/\\\n\s*/g, " ");

/** `PAGE: WORD` for each word of a page that `isFine` refuses. */
function strangers(wordsOf: (page: Page) => readonly string[], isFine: (word: string) => boolean): string[] {
  return pages.flatMap((page) => wordsOf(page).flatMap((word) => (isFine(word) ? [] : [`${page.path}: ${word}`])));
}

/** All matches of the pattern's first group. */
const every = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, word = ""]) => word);

const longOptions = (command: Command) => ["--help", "--version", ...command.options.map(({ long }) => long ?? "")];

describe("the documentation", () => {
  it("links to pages and headings that are there", () => {
    const lost = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => {
          const target = targetOf(page, link);
          if (!target) return false;
          if (target.anchor === "") return !existsSync(join(CHECKOUT, target.file));
          const there = pages.find(({ path }) => path === target.file);
          return !there || !anchorsOf(there).includes(target.anchor);
        })
        .map((link) => `${page.path}: ${link}`),
    );
    assert.deepEqual(lost, []);
  });

  it("is reached from its index, each page of it", () => {
    const index = pages.find(({ path }) => path === "docs/README.md");
    assert.ok(index);
    const linked = linksOf(index).map((link) => targetOf(index, link)?.file);
    const missing = pages.map(({ path }) => path).filter((path) => path.startsWith("docs/") && path !== index.path);
    assert.deepEqual(
      missing.filter((path) => !linked.includes(path)),
      [],
    );
  });

  it("names commands that there are, with options that they have", () => {
    const faults = pages.flatMap((page) =>
      codeLines(page).flatMap((line) =>
        [...line.matchAll(/(?:sophia-secrets|\.\/sophia_secrets) ([a-z][a-z-]*)([^|;&\n]*)/g)].flatMap(
          ([, verb = "", rest = ""]) => {
            const command = cli.commands.find((one) => one.name() === verb);
            if (!command) return [`${page.path}: ${verb}`];
            const [own = ""] = rest.split(" -- ");
            const unknown = every(/(--[a-z][a-z-]*)/g, own).filter((word) => !longOptions(command).includes(word));
            return unknown.map((word) => `${page.path}: ${verb} ${word}`);
          },
        ),
      ),
    );
    assert.deepEqual(faults, []);
  });

  it("names no option that no command has", () => {
    const known = new Set(cli.commands.flatMap(longOptions));
    const foreign = /^\$? ?(git|npm|flowctl|npx|pulumi|gh|vercel|node|chmod|rm|cp)\b/;
    const words = (page: Page) =>
      codeOf(page)
        .filter((line) => !foreign.test(line))
        .flatMap((line) => every(/(?<![\w-])(--[a-z][a-z-]*)/g, line));
    assert.deepEqual(
      strangers(words, (word) => known.has(word)),
      [],
    );
  });

  it("tells of every command and of each of its options", () => {
    const text = pages.flatMap(codeLines).join("\n");
    const untold = cli.commands.flatMap((command) => [
      ...(new RegExp(`(^|[\\s\`|,])${command.name()}\\b`, "m").test(text) ? [] : [command.name()]),
      ...command.options
        .filter(({ long }) => !new RegExp(`${long ?? ""}(?![\\w-])`).test(text))
        .map(({ long }) => `${command.name()} ${long ?? ""}`),
    ]);
    assert.deepEqual(untold, []);
  });

  it("names settings that the stack's configuration has, and all of them", () => {
    const keys = settingKeys();
    const named = (page: Page) => every(/\bsophia:([A-Za-z]+)\b(?!\/)/g, codeLines(page).join("\n"));
    assert.deepEqual(
      strangers(named, (key) => keys.has(key) || key === "index"),
      [],
    );
    const told = new Set(pages.flatMap(named));
    assert.deepEqual(
      [...keys].filter((key) => !told.has(key)),
      [],
    );
  });

  it("names error codes and exit codes that there are", () => {
    const codes = errorCodes(sources);
    const named = (page: Page) => codeOf(page).filter((word) => /^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/.test(word));
    const isFile = (word: string) => /\.(ts|md|json|html|yaml|js|mjs|py|tech)$/.test(word);
    assert.deepEqual(
      strangers(named, (word) => codes.has(word) || isFile(word)),
      [],
    );
    const numbers = (page: Page) => every(/\bexit(?:s|ed)?(?: code)? (\d+)\b/gi, page.prose);
    assert.deepEqual(
      strangers(numbers, (word) => (Object.values(EXIT) as number[]).includes(Number(word))),
      [],
    );
  });

  it("has a table of the exit codes that is whole", () => {
    const json = pages.find(({ path }) => path === "docs/json.md");
    assert.ok(json);
    const rows = every(/^\| (\d+) \|/gm, json.prose).map(Number);
    assert.deepEqual(
      rows,
      Object.values(EXIT).sort((left, right) => left - right),
    );
  });

  it("names variables of the environment that the code reads", () => {
    const text = sources.join("\n");
    const named = (page: Page) =>
      every(/\b(SOPHIA_[A-Z_]+(?:URL|TOKEN|USER|PASSWORD|YES|DEBUG|KEY|FILE))\b/g, codeLines(page).join("\n"));
    assert.deepEqual(
      strangers(named, (word) => text.includes(word)),
      [],
    );
  });

  it("quotes what the program says", () => {
    const wordings = readWordings(sources);
    const elsewhere = ["Insufficient privileges", "already exists", "pending operations"];
    const quoted = (page: Page) =>
      rowsOf(page, "what you see")
        .flatMap(([cell = ""]) => every(/`([^`]+)`/g, cell))
        .filter((text) => /\p{L} \p{L}|… /u.test(text));
    const isCommand = (text: string) => /^[a-z]+( [a-z]+)* --/.test(text);
    assert.deepEqual(
      strangers(quoted, (text) => elsewhere.includes(text) || isCommand(text) || isSaid(text, wordings)),
      [],
    );
    assert.equal(pages.flatMap(quoted).length > 30, true);
    assert.equal(isSaid("Gong refused the credential (HTTP 401).", wordings), true);
    assert.equal(isSaid("Gong declined the credential (HTTP 401).", wordings), false);
  });

  it("has no word of this machine or of the workplace in it", () => {
    const text = (page: Page) => `${page.prose}\n${page.blocks.map((block) => block.text).join("\n")}`;
    assert.deepEqual(
      strangers(
        (page) => every(/(\/work\/|\/root\/|\bfarm-|\p{Extended_Pictographic})/gu, text(page)),
        () => false,
      ),
      [],
    );
  });

  it("is read as a reader's program would read it", () => {
    const page = parsePage("x.md", "# A `b`: C\n## A `b`: C\n[x](y.md#z) `a \\| b`\n```bash\n--no\n```");
    assert.deepEqual(anchorsOf(page), ["a-b-c", "a-b-c-1"]);
    assert.deepEqual(linksOf(page), ["y.md#z"]);
    assert.deepEqual(codeOf(page), ["b", "b", "a | b"]);
    assert.throws(() => parsePage("x.md", "```bash\n"), /x\.md:1: the block is never closed/);
  });
});

/** The cells of the tables whose first heading is this one. */
function rowsOf({ prose }: Page, heading: string): string[][] {
  let isIn = false;
  return prose.split("\n").flatMap((line) => {
    if (!line.startsWith("|")) {
      isIn = false;
      return [];
    }
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells[0] === heading) isIn = true;
    else if (isIn && !/^-+$/.test(cells[0] ?? "")) return [cells];
    return [];
  });
}
