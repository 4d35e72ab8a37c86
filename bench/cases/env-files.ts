/** What does a big env file cost? 10,000 keys into ESC, the same again without a change, one changed, and out again. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse as parseDotenv } from "dotenv";
import { type BenchCase, type BenchContext, type Limits, type Measurement, type Row, type Run } from "../case";
import { type EscProcess, startEscProcess } from "../esc-process";
import { CHECKOUT, measure } from "../measure";

/** The acceptance limits of both verbs: 5 s beyond ESC's own time, 300 MB. */
const LIMITS: Limits = { ownMs: 5000, peakMb: 300 };

/** Import and export of a file of 10,000 keys, about a megabyte. */
export const benchCase: BenchCase = {
  name: "env-files",
  title: "import and export of 10,000 keys",
  run: async (context) => {
    const esc = await startEscProcess();
    const folder = await mkdtemp(join(tmpdir(), "sophia-bench-"));
    try {
      for (const file of ["Pulumi.yaml", "Pulumi.development.yaml"]) await cp(join(CHECKOUT, file), join(folder, file));
      const sizes = context.quick ? [100, 1000] : [1000, 10_000];
      const rows: Row[] = [];
      for (const size of sizes) rows.push(...(await measureSize(size, { context, esc, folder })));
      return rows;
    } finally {
      await esc.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Surroundings {
  readonly context: BenchContext;
  readonly esc: EscProcess;
  readonly folder: string;
}

async function measureSize(size: number, { context, esc, folder }: Surroundings): Promise<Row[]> {
  const values = makeValues(size);
  const changed = { ...values, KEY_1: "another value" };
  const rows = { first: [] as Run[], again: [] as Run[], one: [] as Run[], out: [] as Run[] };
  const cli = (words: readonly string[]) =>
    measure([...words, "--stack", "development"], {
      ...{ esc, cwd: folder },
      env: {
        ...{ PATH: process.env.PATH ?? "", HOME: folder, PULUMI_ACCESS_TOKEN: esc.token, SOPHIA_ESC_URL: esc.url },
      },
    });
  const stored = async (wanted: Readonly<Record<string, string>>, revisions: number) =>
    check(wanted, await esc.values("development-intake"), (await esc.revisions("development-intake")) - revisions);
  for (let run = 1; run <= context.runs; run += 1) {
    context.log(`${size} keys, run ${run} of ${context.runs}`);
    await writeFile(join(folder, "in.env"), dotenvText(values), { mode: 0o600 });
    await esc.edit("development-intake", "values: {}\n");
    const before = await esc.revisions("development-intake");
    rows.first.push({ ...(await cli(["import-env", "--env-file", "in.env"])), ...(await stored(values, before + 1)) });
    rows.again.push({ ...(await cli(["import-env", "--env-file", "in.env"])), ...(await stored(values, before + 1)) });
    rows.out.push(await exported(folder, values, cli));
    await writeFile(join(folder, "in.env"), dotenvText(changed), { mode: 0o600 });
    rows.one.push({ ...(await cli(["import-env", "--env-file", "in.env"])), ...(await stored(changed, before + 2)) });
  }
  const limits = context.quick ? {} : LIMITS;
  return [
    { name: `import ${size}`, limits, runs: rows.first },
    { name: `import ${size}, nothing new`, limits, runs: rows.again },
    { name: `import ${size}, 1 changed`, limits, runs: rows.one },
    { name: `export ${size}`, limits, runs: rows.out },
  ];
}

async function exported(
  folder: string,
  values: Readonly<Record<string, string>>,
  cli: (words: readonly string[]) => Promise<Measurement>,
): Promise<Run> {
  const run = await cli(["export-env", "--env-file", ".env.out", "--force"]);
  const read = { ...parseDotenv(await readFile(join(folder, ".env.out"), "utf8")) };
  return { ...run, ...(isDeepStrictEqual(read, values) ? {} : { wrong: "the file does not hold what ESC holds" }) };
}

function check(
  wanted: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>>,
  extraRevisions: number,
): { wrong?: string } {
  const { services } = values as { services?: { other?: { settings?: unknown } } };
  if (!isDeepStrictEqual({ ...(services?.other?.settings as object) }, { ...wanted }))
    return { wrong: "the store does not hold what the file holds" };
  return extraRevisions === 0 ? {} : { wrong: `${extraRevisions} revisions more than expected` };
}

/** Tokens, sentences with quotes and unicode, and a key of several lines, the same at every run. */
function makeValues(size: number): Record<string, string> {
  const forms = [
    (index: number) => Buffer.from(`value number ${index} of a token `.repeat(2)).toString("base64url"),
    (index: number) => `pass word #${index} "with" $signs & ümlauts = 値`,
    (index: number) => `postgres://user:p%40ss${index}@db.example:5432/name?sslmode=require`,
    (index: number) =>
      `-----BEGIN KEY-----\n${Buffer.from(`line ${index} `.repeat(8)).toString("base64")}\n-----END KEY-----\n`,
  ];
  const entries = Array.from({ length: size }, (_, index) => [
    `KEY_${index}`,
    forms[index % forms.length]?.(index) ?? "",
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Single quotes hold each of these values as it is. */
function dotenvText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
}
