/**
 * How fast, against what else? Runs the cases of `cases/`, prints a table, and writes the numbers, the plot and the page that tells them:
 * docs/performance.md, docs/performance.json and docs/performance.svg.
 *
 *   --only PREFIX    only comparisons whose id begins so (`sync-`, `rotate-snowflake-100`); the page is left as it is
 *   --quick          one run of the smallest sizes; the page is left as it is
 *   --page           writes the page anew from docs/performance.json, runs nothing
 *
 * Ends with 1 when an effect was wrong, or somebody failed.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { type BenchCase, type Comparison, type Row } from "./case";
import { CHECKOUT } from "./command";
import { compilePrograms } from "./compile";
import { describeMachine } from "./machine";
import { pageText } from "./page";
import { plotGrowth } from "./plot";
import { patience, runRounds } from "./rounds";
import { faultsOf } from "./statistics";
import { formatTable } from "./table";
import { type Results } from "./results";
import { Worlds } from "./worlds";

const PAGE = { text: "performance.md", numbers: "performance.json", plot: "performance.svg" };
const log = (line: string) => void process.stderr.write(`${line}\n`);

async function loadCases(): Promise<BenchCase[]> {
  const folder = join(__dirname, "cases");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort();
  return Promise.all(
    files.map(async (file) => ((await import(join(folder, file))) as { benchCase: BenchCase }).benchCase),
  );
}

async function measure({ quick, only }: { readonly quick: boolean; readonly only?: string }): Promise<Results> {
  const startedAt = new Date().toISOString();
  await promisify(execFile)(process.execPath, [join(CHECKOUT, "bin", "sophia-secrets.js"), "--version"]);
  await compilePrograms();
  const worlds = await Worlds.open();
  const rows: Row[] = [];
  const compare = async (comparison: Comparison) => {
    if (only !== undefined && !comparison.id.startsWith(only)) return;
    const begun = performance.now();
    rows.push(...(await runRounds(comparison, worlds.standIns, quick ? () => 1 : patience)));
    log(`${comparison.id}: ${Math.round((performance.now() - begun) / 1000)} s`);
  };
  try {
    for (const { ids, run } of await loadCases())
      if (only === undefined || ids.some((id) => only.startsWith(id) || id.startsWith(only)))
        await run({ quick, worlds, compare });
  } finally {
    await worlds.close();
  }
  const machine = await describeMachine();
  return {
    schema: "sophia-secrets/bench",
    version: 2,
    startedAt,
    endedAt: new Date().toISOString(),
    quick,
    machine,
    rows,
  };
}

async function writePage(results: Results): Promise<void> {
  const docs = join(CHECKOUT, "docs");
  await writeFile(join(docs, PAGE.plot), plotGrowth(results));
  await writeFile(join(docs, PAGE.text), pageText(results));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const numbers = join(CHECKOUT, "docs", PAGE.numbers);
  if (values.page) {
    await writePage(JSON.parse(await readFile(numbers, "utf8")) as Results);
    return 0;
  }
  const { quick, only } = values;
  const results = await measure({ quick, ...(only === undefined ? {} : { only }) });
  const isWhole = !quick && only === undefined;
  const folder = join(CHECKOUT, ".sandbox");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = isWhole ? numbers : join(folder, "bench.json");
  await writeFile(place, `${JSON.stringify(results, null, 1)}\n`);
  if (isWhole) await writePage(results);
  process.stdout.write(`${formatTable(results.rows)}\n`);
  log(`saved: ${place}`);
  return results.rows.every((row) => faultsOf(row).length === 0 && !row.failed) ? 0 : 1;
}

// A signal ends the process by `exit`, which ends what is being measured.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

main().then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    log(`bench: ${error.message}`);
    process.exitCode = 2;
  },
);
