/** Can the original's defects that lie in its repository come back? Its defects 24, 26, 28 (random numbers, paths), 29 and 30: asked of our own files. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Command, CommanderError } from "commander";
import { createCli } from "../../automation/cli/cli";
import { parseSettings } from "../../automation/settings";
import { services } from "../../services";
import { catalogueFaults, variablesOf } from "../../services/select";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";
import { CHECKOUT } from "../support/sandbox";

/** Files that git tracks or would track. */
async function listFiles(...patterns: string[]): Promise<string[]> {
  const words = ["ls-files", "-co", "--exclude-standard", "--deduplicate", "-z", "--", ...patterns];
  const { stdout } = await promisify(execFile)("git", words, { cwd: CHECKOUT, maxBuffer: 16 * 1024 * 1024 });
  const gone = await promisify(execFile)("git", ["ls-files", "-dz"], { cwd: CHECKOUT });
  const missing = new Set(gone.stdout.split("\0"));
  return stdout.split("\0").filter((file) => file !== "" && !missing.has(file));
}
const read = (file: string) => readFileSync(join(CHECKOUT, file), "utf8");
const productFiles = () => listFiles("services/*.ts", "components/**/*.ts", "automation/**/*.ts", "index.ts", "bin/*");

/** Every command of the tool, subcommands included. */
function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}
const createSilentCli = () => {
  const cli = createCli("0.0.0", async () => undefined);
  for (const command of commandsOf(cli))
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  return cli;
};

describe("the original's defects in its repository", () => {
  /** Command lines of ours in a page or a workflow: at the start of a line, or after `npx`, `&&`, `|`, `run:`, a prompt or a back-tick. */
  function linesOf(text: string): string[] {
    const found = text.matchAll(
      /(?:^|[`|&$]|run:)[ \t]*(?:npx (?:-- )?|\.\/)(?:sophia-secrets|sophia_secrets)[ \t]+([a-z][^\n`|;)#…]*)/gm,
    );
    return [...found].map(([, words = ""]) => words.replace(/ \d?[>&<]+ ?.*$/, "").trim());
  }
  /** What commander says of a line; undefined where it takes it. Words that stand for others (`OWNER/NAME`, `[service…]`) are of no matter. */
  async function mistakeIn(line: string): Promise<string | undefined> {
    try {
      await createSilentCli().parseAsync(line.split(/\s+/), { from: "user" });
      return undefined;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      return error.exitCode === 0 ? undefined : error.message;
    }
  }

  it("defect 24: every command line in the pages and the workflows is one that the tool takes", async () => {
    const pages = await listFiles("README.md", "docs/**/*.md", ".github/**/*.yml", ".github/**/*.yaml", ".ci/*");
    const lines = pages.flatMap((file) => linesOf(read(file)).map((line) => ({ file, line })));
    assert.ok(lines.length >= 15, `${lines.length} lines`);
    const mistakes = await Promise.all(
      lines.map(async ({ file, line }) => {
        const mistake = await mistakeIn(line);
        return mistake === undefined ? [] : [`${file}: ${line}: ${mistake}`];
      }),
    );
    assert.deepEqual(mistakes.flat(), []);
  });

  it("defect 24: the check above finds the options and the verbs that the original's workflows made up", async () => {
    assert.deepEqual(linesOf("run: npx sophia-secrets rotate --environment production\n"), [
      "rotate --environment production",
    ]);
    for (const line of [
      "rotate --environment production",
      "sync-github --validate-only",
      "test --test-mode full",
      "detect-missing",
    ])
      assert.match((await mistakeIn(line)) ?? "", /unknown (option|command)/, line);
  });

  it("defect 24: no workflow puts what somebody types into a shell, and nothing is evaluated", async () => {
    for (const file of await listFiles(".github/**")) {
      const scripts = [...read(file).matchAll(/(?<![\w-])run:[ \t]*(\|[^\n]*\n(?:[ \t]{8,}[^\n]*\n?)*|[^\n]+)/g)].map(
        ([text]) => text,
      );
      assert.deepEqual([file, scripts.filter((text) => text.includes("${{"))], [file, []]);
    }
    const evaluating = (await productFiles()).filter((file) => /\beval\(|new Function\(|shell: true/.test(read(file)));
    assert.deepEqual(evaluating, []);
  });

  it("defect 7: no command has an option for a token, a password or a value; secrets come by file, input or environment", async () => {
    const flags = commandsOf(createSilentCli()).flatMap((command) =>
      command.options.map(({ long }) => `${command.name()} ${long ?? ""}`),
    );
    assert.ok(flags.length > 20);
    // `--secrets-config` names the file that the original kept its dates in.
    const words = flags
      .map((flag) => flag.split(" ").at(-1) ?? "")
      .filter((flag) => !/^--(no-)?secrets-config$/.test(flag));
    assert.deepEqual(
      words.filter((flag) => /token|password|secret|value|key|body/i.test(flag)),
      [],
    );
    assert.match((await mistakeIn("sync-github --repo payready/sophia --token x")) ?? "", /unknown option '--token'/);
  });

  it("defect 26: the product commits nothing, and rewrites no file that git tracks", async () => {
    const commits = (await productFiles()).filter(
      (file) => /["'`](commit|add|push|stash)["'`]/.test(read(file)) && /"git"/.test(read(file)),
    );
    assert.deepEqual(commits, []);
    for (const file of await listFiles(".github/**"))
      assert.doesNotMatch(read(file), /git (commit|add|push)|sed -i/, file);
  });

  it("defect 26: no tracked file holds what looks like a real token", async () => {
    const tokens =
      /\b(ghp_[A-Za-z0-9]{36}|github_pat_\w{60,}|pul-[0-9a-f]{40}|xox[bp]-[\w-]{20,}|AKIA[0-9A-Z]{16})\b|-----BEGIN (RSA |EC )?PRIVATE KEY-----\\?\n?MII[A-Za-z0-9+/=\n]{200}/;
    const found = (await listFiles("*")).filter((file) => tokens.test(read(file)));
    assert.deepEqual(found, []);
  });

  it("defect 28: no secret comes from Math.random, and no path of one machine is in the code", async () => {
    const files = await productFiles();
    const random = files.filter((file) => read(file).includes("Math.random"));
    // Both spread waits.
    assert.deepEqual(
      random,
      ["automation/http.ts", "components/credentials/estuary-token.ts"].filter((file) => random.includes(file)),
    );
    assert.deepEqual(
      files.filter((file) => /["'`](\/home\/|\/Users\/|C:\\)/.test(read(file))),
      [],
    );
  });

  it("defect 29: each credential has one name, of one service, and the organization one spelling", async () => {
    assert.deepEqual(catalogueFaults(services), []);
    const names = services.flatMap(variablesOf).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !/^(SNOWFLAKE|GONG|VERCEL|ESTUARY|GITHUB|PULUMI)_/.test(name)),
      [],
    );
    const own = "test/regressions/repository.spec.ts";
    const others = (await listFiles("*")).filter(
      (file) => file !== own && /pay-ready|scoobyjava|ai-cherry/i.test(read(file)),
    );
    assert.deepEqual(others, []);
  });

  it("defect 29: the places in ESC follow from the stack's name by one rule", () => {
    const { organization, escProject, environments } = parseSettings(
      "production",
      (key) => TEST_CONFIG[key],
      TEST_TOKENS,
    );
    assert.deepEqual([organization, escProject], ["payready", "sophia"]);
    assert.deepEqual(environments, {
      intake: "production-intake",
      secrets: "production-secrets",
      published: "production",
    });
  });

  it("defect 30: each of the original's thirty defects has a spec in this folder", () => {
    const titles = readdirSync(__dirname).flatMap((file) => [
      ...read(join("test", "regressions", file)).matchAll(/\bit\(\s*["'`]defects? (\d+(?: and \d+)*):/g),
    ]);
    const numbers = titles.flatMap(([, list = ""]) => list.split(" and ").map(Number));
    assert.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  it("defect 30: each command of the tool is run by a spec", async () => {
    const texts = (await listFiles("test/**/*.spec.ts")).map(read).join("\n");
    const unused = createSilentCli()
      .commands.map((command) => command.name())
      .filter((name) => name !== "help" && !new RegExp(`["'\`](\\./sophia_secrets )?${name}[ "'\`]`).test(texts));
    assert.deepEqual(unused, []);
  });
});
