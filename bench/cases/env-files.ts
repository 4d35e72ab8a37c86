/** What does a big env file cost? Into ESC, the same again without a change, one key changed, and out again. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse as parseDotenv } from "dotenv";
import { type BenchCase, type BenchContext, type Contender, type Run } from "../case";
import { CHECKOUT } from "../command";
import { ours } from "../rivals/ours";

const INTAKE = "development-intake";
const NOBODY = "dotenv files go to ESC one `pulumi env set` a key by hand: a process and two calls for each";

/** 10,000 keys are about a megabyte; smaller files show how it grows. */
export const benchCase: BenchCase = {
  ids: ["env-files-"],
  run: async (context) => {
    for (const size of context.quick ? [625] : [625, 2500, 10_000]) {
      await context.compare({
        id: `env-files-${size}`,
        title: `an env file of ${size.toLocaleString("en-US")} keys`,
        latencyMs: 0,
        growth: { series: "an env file, by keys", work: size },
        contenders: [await contenderOf(size, context), { name: "pulumi env set, a loop", notRun: NOBODY }],
      });
    }
  },
};

async function contenderOf(size: number, { worlds }: BenchContext): Promise<Contender> {
  const { world, variables } = await worlds.openEsc();
  const { ask } = worlds.standIns;
  const folder = await worlds.newFolder();
  for (const file of ["Pulumi.yaml", "Pulumi.development.yaml"]) await cp(join(CHECKOUT, file), join(folder, file));
  const values = makeValues(size);
  const changed = { ...values, KEY_1: "another value" };
  const command = (...words: readonly string[]) => ({
    ...ours({ PATH: process.env.PATH ?? "", HOME: folder, ...variables }, ...words, "--stack", "development"),
    cwd: folder,
  });
  const write = (content: Readonly<Record<string, string>>) =>
    writeFile(join(folder, "in.env"), dotenvText(content), { mode: 0o600 });
  return {
    name: "ours",
    round: async (probe) => {
      await ask("escEdit", { world, environment: INTAKE, yaml: "values: {}\n" });
      const first = await ask("escRevisions", { world, environment: INTAKE });
      const imported = async (wanted: Readonly<Record<string, string>>, revisions: number): Promise<Run> => {
        await write(wanted);
        const run = await probe(command("import-env", "--env-file", "in.env"));
        const stored = await ask("escValues", { world, environment: INTAKE });
        const more = (await ask("escRevisions", { world, environment: INTAKE })) - first;
        return { ...run, ...faultOf(wanted, stored, more - revisions) };
      };
      const steps = { import: await imported(values, 1), "import, nothing new": await imported(values, 1) };
      const out = await probe(command("export-env", "--env-file", ".env.out", "--force"));
      const read = { ...parseDotenv(await readFile(join(folder, ".env.out"), "utf8")) };
      const fault = isDeepStrictEqual(read, values) ? {} : { wrong: "the file does not hold what ESC holds" };
      return { ...steps, export: { ...out, ...fault }, "import, 1 changed": await imported(changed, 2) };
    },
  };
}

function faultOf(
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
