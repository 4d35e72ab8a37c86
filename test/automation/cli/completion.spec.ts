/** What does a person get who presses TAB? The scripts in real shells: bash always, fish where it is installed; zsh completes only for a person, so its script is read. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCli } from "../../../automation/cli/cli";
import { describeCli, type VerbModel } from "../../../automation/cli/completion/model";
import { completionScript, type Shell } from "../../../automation/cli/completion/scripts";
import { serviceWords } from "../../../automation/cli/verbs/verb";

const BASH = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sophia_secrets; printf '%s\\n' "\${COMPREPLY[@]}"`;

const cli = createCli("0", async () => undefined);
const verbs = describeCli(cli);
const isInstalled = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

describe("completion", () => {
  let folder: string;
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "sophia-completion-")));
    mkdirSync(join(folder, "deep er"));
    for (const file of ["Pulumi.yaml", "Pulumi.alpha.yaml", "Pulumi.beta-2.yaml", "a file.env"])
      writeFileSync(join(folder, file), "");
    for (const shell of ["bash", "zsh", "fish"] as const)
      writeFileSync(join(folder, `script.${shell}`), completionScript(shell, verbs));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What bash offers for the last of the words, sorted. */
  const inBash = (words: readonly string[], cwd = folder): string[] => {
    const args = ["--norc", "-c", BASH, "bash", join(folder, "script.bash"), "sophia-secrets", ...words];
    const { stdout, stderr, status } = spawnSync("bash", args, { cwd, encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    return sortedLines(stdout);
  };

  it("offers every verb, the ones of help among them", () => {
    const names = cli.commands.map((command) => command.name());
    assert.deepEqual(inBash([""]), [...names, "help", "--help", "--version"].sort());
    assert.deepEqual(inBash(["help", "sync-g"]), ["sync-github", "sync-github-org"]);
  });

  for (const command of cli.commands) {
    it(`offers the options of ${command.name()}`, () => {
      const options = [...command.options.flatMap(({ long }) => long ?? []), "--help"];
      assert.deepEqual(inBash([command.name(), "--"]), options.sort());
    });
  }

  it("offers the choices of an option, in both ways to write it", () => {
    assert.deepEqual(inBash(["sync-github-org", "--visibility", "p"]), ["private"]);
    assert.deepEqual(inBash(["sync-github-org", "--visibility", "=", "s"]), ["selected"]);
    assert.deepEqual(inBash(["test", "gong", "--source", "="]), ["env-file", "esc", "process"]);
  });

  it("offers the stacks of the project that a person stands in, also below its top, and none elsewhere", () => {
    for (const option of ["--stack", "-s"]) assert.deepEqual(inBash(["up", option, ""]), ["alpha", "beta-2"]);
    assert.deepEqual(inBash(["status", "--stack", "b"], join(folder, "deep er")), ["beta-2"]);
    assert.deepEqual(inBash(["up", "--stack", ""], "/"), []);
  });

  it("offers services where services are meant, and counts places without options and their values", () => {
    const all = ["all", ...serviceWords()].sort();
    assert.deepEqual(inBash(["validate", "--stack", "alpha", "gong", ""]), all);
    assert.deepEqual(inBash(["services", "--json", "s"]), ["show"]);
    assert.deepEqual(inBash(["services", "show", "--stack", "alpha", "sn"]), ["snowflake"]);
  });

  it("offers files as one word each, and programs behind --", () => {
    assert.deepEqual(inBash(["import-env", "--env-file", "a"]), ["a file.env"]);
    assert.ok(inBash(["run", "--", "bas"]).includes("bash"));
  });

  it("offers nothing for an option that takes what nobody can guess", () => {
    assert.deepEqual(inBash(["rotate", "--grace", ""]), []);
  });

  describe("in fish", () => {
    if (isInstalled("fish")) {
      const inFish = (line: string): string[] => {
        const script = `source ${join(folder, "script.fish")}; complete -C ${JSON.stringify(line)}`;
        const { stdout, stderr } = spawnSync("fish", ["-c", script], { cwd: folder, encoding: "utf8" });
        assert.equal(stderr, "");
        return sortedLines(stdout.replaceAll(/\t.*/g, ""));
      };
      it("offers verbs, options, choices, stacks and services", () => {
        assert.deepEqual(inFish("sophia-secrets sync-github-"), ["sync-github-org"]);
        assert.deepEqual(inFish("sophia-secrets up --st"), ["--stack"]);
        assert.deepEqual(inFish("sophia_secrets sync-github-org --visibility p"), ["private"]);
        assert.deepEqual(inFish("sophia-secrets up --stack "), ["alpha", "beta-2"]);
        assert.deepEqual(inFish("sophia-secrets services --stack alpha s"), ["show"]);
        assert.deepEqual(inFish("sophia-secrets services show sn"), ["snowflake"]);
      });
    } else checkedByItsText("fish", verbs);
  });

  describe("in zsh", () => {
    if (isInstalled("zsh")) {
      it("is a script that zsh can read", () => {
        const { status, stderr } = spawnSync("zsh", ["-f", "-n", join(folder, "script.zsh")], { encoding: "utf8" });
        assert.deepEqual([status, stderr], [0, ""]);
      });
    }
    checkedByItsText("zsh", verbs);
  });
});

/** Where nobody can press TAB: quotes are closed, and every verb, option and choice is in the script. */
function checkedByItsText(shell: Shell, known: readonly VerbModel[]): void {
  const script = completionScript(shell, known);
  it("is made of closed quotes", () => {
    for (const line of script.split("\n").filter((text) => /^(complete|\s+'|\s+_arguments)/.test(text)))
      assert.equal(line.replaceAll("\\'", "").split("'").length % 2, 1, line);
  });
  it("names every verb, option and choice", () => {
    for (const { name, options } of known) {
      assert.match(script, new RegExp(`\\b${name}\\b`));
      for (const { names, value } of options) {
        const words = value?.kind === "words" ? value.words : [];
        for (const word of [...names, ...words]) assert.ok(script.includes(word.replace(/^--?/, "")), word);
      }
    }
  });
}

function sortedLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}
