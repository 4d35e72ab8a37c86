/** How is the fault suite run? `npm run test:faults`: watches one rotation, strikes many, and writes down what came of it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CHECKOUT } from "../support/sandbox";
import { describePoint, enumeratePoints, samplePoints } from "./point";
import { FaultWorld, type PointResult } from "./world";

const { values } = parseArgs({
  options: {
    points: { type: "string", default: "320" },
    seed: { type: "string", default: "20261123" },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "120" },
    write: { type: "boolean", default: false },
  },
});

void main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 255;
  },
);

async function main(): Promise<number> {
  const until = Date.now() + Number(values.minutes) * 60_000;
  let world = await FaultWorld.start();
  const results: PointResult[] = [];
  try {
    const all = enumeratePoints(await world.observe());
    const wanted = all.filter((point) => describePoint(point).includes(values.only));
    const chosen = samplePoints(wanted, Number(values.points), Number(values.seed));
    say(`${all.length} points, ${chosen.length} chosen (seed ${values.seed})`);
    for (const [index, point] of chosen.entries()) {
      if (Date.now() > until) break;
      const result = await world.strike(point);
      results.push(result);
      const word = result.violations.length > 0 ? "VIOLATED" : result.struck ? "held" : "not reached";
      say(
        `${index + 1}/${chosen.length} ${word} (exit ${result.firstExit}, ${(result.durationMs / 1000).toFixed(1)} s) ${result.point}`,
      );
      if (result.violations.length === 0) continue;
      for (const violation of result.violations) say(`    ${violation}`);
      // Whatever is broken must not be blamed on the next point.
      await world.dispose();
      world = await FaultWorld.start();
    }
    return await summarize(results, all.length);
  } finally {
    await world.dispose();
  }
}

async function summarize(results: readonly PointResult[], known: number): Promise<number> {
  const struck = results.filter((result) => result.struck);
  const violated = results.filter(({ violations }) => violations.length > 0);
  const folder = join(CHECKOUT, ".faults");
  await mkdir(folder, { recursive: true });
  const report = { schema: "sophia-secrets/faults", version: 1, seed: values.seed, known, results };
  await writeFile(join(folder, "report.json"), JSON.stringify(report, null, 2));
  if (values.write) await writePage(struck, known);
  say(`${known} points known, ${results.length} run, ${struck.length} struck, ${violated.length} violated`);
  return violated.length > 0 || struck.length === 0 ? 1 : 0;
}

const PAGE = join(CHECKOUT, "docs", "reliability.md");
const PLACE = /(<!-- faults -->\n)[\s\S]*(<!-- \/faults -->)/;

/** Puts the figures into the page, a line a stand-in. */
async function writePage(struck: readonly PointResult[], known: number): Promise<void> {
  const rows = [...new Set(struck.map(({ standIn }) => standIn))].sort().map((standIn) => {
    const own = struck.filter((result) => result.standIn === standIn);
    const kills = own.filter(({ point }) => /^SIG/.test(point)).length;
    const violated = own.filter(({ violations }) => violations.length > 0).length;
    return `| ${standIn} | ${kills} | ${own.length - kills} | ${violated} |`;
  });
  const day = new Date().toISOString().slice(0, 10);
  const text = [
    `${struck.length} of ${known} known points struck on ${day} (seed ${values.seed}), each followed by one plain re-run.`,
    "",
    "| at | kills and signals | faults | violations |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
  const page = await readFile(PAGE, "utf8");
  if (!PLACE.test(page)) throw new Error("docs/reliability.md has no place for the figures");
  await writeFile(
    PAGE,
    page.replace(PLACE, (_, begin: string, end: string) => `${begin}${text}${end}`),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
