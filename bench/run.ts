/**
 * How fast, and how big? Runs the cases of `cases/` (all, or those that are named), prints a table, and saves the numbers as JSON.
 * `--quick`: one run with less work and no limits. Ends with 1 when a row is over its limit or void.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { type BenchCase } from "./case";
import { CHECKOUT } from "./measure";
import { formatTable, judge, toJson, type JudgedRow } from "./report";

const RUNS = 5;
const log = (line: string) => void process.stderr.write(`${line}\n`);

async function loadCases(words: readonly string[]): Promise<BenchCase[]> {
  const folder = join(__dirname, "cases");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort();
  const all: BenchCase[] = [];
  for (const file of files) all.push(((await import(join(folder, file))) as { benchCase: BenchCase }).benchCase);
  const known = all.map(({ name }) => name);
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) throw new Error(`unknown case: ${unknown.join(", ")}; choose from: ${known.join(", ")}`);
  return words.length === 0 ? all : all.filter(({ name }) => words.includes(name));
}

/** The command line compiles itself when its sources have changed: not while it is measured. */
async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(CHECKOUT, "bin", "sophia-secrets.js"), "--version"]);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: "boolean", default: false }, json: { type: "string" } },
    allowPositionals: true,
  });
  const startedAt = new Date();
  const context = { runs: values.quick ? 1 : RUNS, quick: values.quick, log };
  const rows: JudgedRow[] = [];
  await build();
  for (const { title, run } of await loadCases(positionals)) {
    log(title);
    rows.push(...(await run(context)).map(judge));
  }
  const path = values.json ?? join(CHECKOUT, ".sandbox", "bench.json");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, toJson(rows, { quick: values.quick, startedAt }));
  process.stdout.write(`${formatTable(rows)}\n`);
  log(`saved: ${path}`);
  return rows.every(({ verdict }) => verdict === "ok") ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    log(`bench: ${error.message}`);
    process.exitCode = 2;
  },
);
