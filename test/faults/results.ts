/** What came of the suite so far? A line for each round in `.faults/`, so that a run that was ended half-way is not lost, and the figures of the page. */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHECKOUT } from "../support/sandbox";
import { type Strategy } from "./world";

/** One rotation that was struck, and the plain run after it. */
export interface Round {
  readonly kind: "points" | "kill" | "scenario";
  /** Of the working tree; a `+` behind it where something was not committed. */
  readonly commit: string;
  /** ISO 8601. */
  readonly at: string;
  readonly strategy: Strategy;
  readonly seed: number;
  /** What struck, as one line each; for a scenario its name. */
  readonly struck: readonly string[];
  /** What the rotation did not come to, because something else had ended it before. */
  readonly missed: readonly string[];
  /** Of the struck run and of those after it; -1 for a kill. */
  readonly exits: readonly number[];
  /** How often it was looked whether consumers are served. */
  readonly looks: number;
  readonly violations: readonly string[];
  /** What the runs printed, where something was violated. */
  readonly transcript?: string;
  readonly durationMs: number;
}

const FILE = join(CHECKOUT, ".faults", "rounds.jsonl");
const PAGE = join(CHECKOUT, "docs", "reliability.md");
const PLACE = /(<!-- faults -->\n)[\s\S]*(<!-- \/faults -->)/;

/** The rounds so far, the oldest first. */
export function readRounds(): Round[] {
  if (!existsSync(FILE)) return [];
  const lines = readFileSync(FILE, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Round);
}

/** Forgets them. */
export function forgetRounds(): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, "");
}

/** Writes one down at once. */
export function appendRound(round: Round): void {
  mkdirSync(dirname(FILE), { recursive: true });
  appendFileSync(FILE, `${JSON.stringify(round)}\n`);
}

/** The commit that is tried, with a `+` where the working tree differs from it. */
export function currentCommit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: CHECKOUT, encoding: "utf8" }).trim();
  try {
    return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}

/** Puts the figures of all rounds into the page. Throws where it has no place for them. */
export function writePage(rounds: readonly Round[]): void {
  const page = readFileSync(PAGE, "utf8");
  if (!PLACE.test(page)) throw new Error("docs/reliability.md has no place for the figures");
  writeFileSync(
    PAGE,
    page.replace(PLACE, (_, begin: string, end: string) => `${begin}${figures(rounds)}${end}`),
  );
}

/** The figures as Markdown. */
export function figures(rounds: readonly Round[]): string {
  const days = [...new Set(rounds.map(({ at }) => at.slice(0, 10)))].sort();
  const commits = [...new Set(rounds.map(({ commit }) => commit))];
  const looks = rounds.reduce((sum, round) => sum + round.looks, 0);
  return [
    `Struck on ${days.join(", ")}, commit ${commits.join(", ")}: ${rounds.length} rotations, ${looks} looks at what consumers read.`,
    "",
    "| strategy | at | kills and signals | faults | violations |",
    "|---|---|---|---|---|",
    ...pointRows(rounds.filter(({ kind }) => kind === "points")),
    "",
    ...killLines(rounds.filter(({ kind }) => kind === "kill")),
    ...scenarioLines(rounds.filter(({ kind }) => kind === "scenario")),
  ].join("\n");
}

/** A line for each strategy and stand-in; a point that was struck twice counts once. */
function pointRows(rounds: readonly Round[]): string[] {
  const points = new Map<string, { strategy: string; point: string; isViolated: boolean }>();
  for (const { strategy, struck, violations } of rounds)
    for (const point of struck) {
      const isViolated = violations.length > 0 || (points.get(`${strategy} ${point}`)?.isViolated ?? false);
      points.set(`${strategy} ${point}`, { strategy, point, isViolated });
    }
  const all = [...points.values()];
  const row = (first: string, second: string, own: typeof all) => {
    const kills = own.filter(({ point }) => /^SIG/.test(point)).length;
    const violated = own.filter(({ isViolated }) => isViolated).length;
    return `| ${first} | ${second} | ${kills} | ${own.length - kills} | ${violated} |`;
  };
  const standInOf = ({ point }: { point: string }) => / at (\w+) [A-Z]+ \//.exec(point)?.[1] ?? "?";
  const groups = [...new Set(all.map((one) => `${one.strategy} ${standInOf(one)}`))].sort();
  return [
    ...groups.map((group) => {
      const [strategy = "", standIn = ""] = group.split(" ");
      return row(
        strategy,
        standIn,
        all.filter((one) => `${one.strategy} ${standInOf(one)}` === group),
      );
    }),
    row("together", "", all),
  ];
}

function killLines(rounds: readonly Round[]): string[] {
  if (rounds.length === 0) return [];
  const killed = rounds.filter(({ exits }) => exits[0] === -1).length;
  const violated = rounds.filter(({ violations }) => violations.length > 0).length;
  const fine = rounds.filter(({ exits }) => exits.at(-1) === 0).length;
  return [
    `Killed (\`kill -9\`) at a random time: ${killed} of ${rounds.length} runs of \`rotate --service all\`, the others had just ended. ` +
      `${fine} of ${rounds.length} plain re-runs exited 0, ${violated} violations.`,
    "",
  ];
}

function scenarioLines(rounds: readonly Round[]): string[] {
  const names = [...new Set(rounds.flatMap(({ struck }) => struck))];
  if (names.length === 0) return [];
  const row = (name: string) => {
    const own = rounds.filter(({ struck }) => struck.includes(name));
    const violated = own.filter(({ violations }) => violations.length > 0).length;
    return `| ${name} | ${own.length} | ${violated} |`;
  };
  return ["| what else happened | runs | violations |", "|---|---|---|", ...names.map(row), ""];
}
