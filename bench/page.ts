/** What does docs/performance.md say? Written from the numbers, so that no sentence can disagree with them. */
import { type Row } from "./case";
import { type Results } from "./results";
import { faultsOf, MOST_SPREAD, summarize } from "./statistics";
import { byComparison, cellsOf, grouped, HEAD, markdownTable, oursOf } from "./table";
import { growthOf, holds, targetsOf, type Target } from "./targets";

/** The sections, by how the ids of their comparisons begin. */
const SECTIONS: readonly { readonly id: string; readonly title: string; readonly words: string }[] = [
  {
    id: "start-up",
    title: "Start",
    words:
      "What every command pays before it does anything. A start looks at the times of the sources, loads the parser of the command line and the " +
      "catalogue, and nothing else.",
  },
  {
    id: "stack-life",
    title: "A stack, from nothing",
    words:
      "The development stack as it is: Snowflake's role, grants and users, tokens at Vercel and Estuary, ESC, GitHub and Vercel. “By hand” is `pulumi` " +
      "in the checkout, as one types it: the language host compiles the same program with ts-node and checks its types.",
  },
  {
    id: "preview",
    title: "Nothing to do",
    words:
      "The floor is an inline program that makes the same providers and not one resource: the CLI's start, the passphrase's key, the plugins' starts. " +
      "Nobody who uses Pulumi gets below it.",
  },
  {
    id: "sync",
    title: "Secrets to GitHub",
    words:
      "The same file to the same repositories. A step's effect is checked in the stand-in's store, opened: every repository holds every value and " +
      "nothing else. Terraform runs the very provider that Pulumi's is made from.",
  },
  {
    id: "limits",
    title: "Secrets to GitHub, within its limits",
    words:
      "The tables above are of a GitHub that takes whatever it is sent. github.com refuses more than 80 writes a minute or 100 requests at once, and then " +
      "everything for a minute: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api. Here the stand-in does the same.",
  },
  {
    id: "env-files",
    title: "Env files",
    words: "A file into ESC and out again: one read, one write, whatever its size.",
  },
  { id: "test", title: "Test", words: "Logs in to every service with what consumers read." },
  { id: "audit", title: "Audit", words: "Looks at every place, and at the age and use of every credential." },
  {
    id: "rotate",
    title: "Rotation",
    words:
      "A new credential, proven, in every place, and the old one proven dead. With `all`, Gong is left to a person and the exit code says so.",
  },
];

/** Why each rival is where it is. */
const REASONS: readonly { readonly name: string; readonly why: string }[] = [
  {
    name: "gh",
    why:
      "one compiled program without a state: it reads the key, then sends every secret at once, unbounded, whether it changed or not. It lists nothing, " +
      "verifies nothing, removes nothing, and knows no limit (see “within its limits” for what github.com does then).",
  },
  { name: "script", why: "no engine and no state; it writes everything, every time, one after the other." },
  { name: "terraform", why: "one compiled program and its plugin; it keeps every value in clear in its state file." },
  { name: "pulumi by hand", why: "it asks ESC nothing before it begins, and starts the CLI only once." },
  { name: "git", why: "a small compiled program; it is here as a measure of what a shell is used to." },
];

/** The page. */
export function pageText(results: Results): string {
  const { rows } = results;
  return (
    [
      "<!-- Written by `npm run bench`; what is changed here by hand is lost. -->",
      "# Performance",
      "How long it takes, against what you would take instead, measured in one run on one machine; every service is a stand-in on the same machine, which " +
        "waits as long before each answer as the tables say. Ratios travel to other machines, milliseconds do not.",
      machineText(results),
      "## What should hold",
      targetTable(targetsOf(rows)),
      floorText(rows),
      "## Where somebody else is faster, and why",
      fasterText(rows),
      ...SECTIONS.flatMap((section) => sectionText(section, rows)),
      "## Growth",
      "![Time against work](performance.svg)",
      growthTable(rows),
      howText(),
    ].join("\n\n") + "\n"
  );
}

function machineText({ startedAt, endedAt, machine }: Results): string {
  const minutes = Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 60_000);
  const { cores, processor, memoryGb, system, load, versions } = machine;
  return [
    `${startedAt.slice(0, 10)}, ${minutes} minutes · ${cores} cores of ${processor}, ${memoryGb} GB, ${system} · load ${load.toFixed(1)} at the end` +
      (load > 1.5 * cores ? " **(busy: other work disturbed these numbers)**" : ""),
    Object.entries(versions)
      .map(([tool, version]) => `${tool} ${version}`)
      .join(" · "),
  ].join("\n\n");
}

function targetTable(targets: readonly Target[]): string {
  const lines = targets.map((target) => {
    const { text, limit, isMost, measured } = target;
    const verdict = { true: "yes", false: "**no**", undefined: "not run" }[String(holds(target)) as "true"];
    const shown =
      measured === undefined ? "" : limit === 0 ? grouped(measured) : measured.toFixed(measured < 10 ? 2 : 0);
    return [text, `${isMost ? "≤" : "≥"} ${limit}`, shown, verdict];
  });
  const missed = targets.filter((target) => holds(target) === false);
  const reasons = missed.map(({ text, obstacle }) => `- ${text}: ${obstacle}.`);
  const table = markdownTable(["target", "wanted", "measured", "holds"], lines);
  return reasons.length === 0
    ? table
    : `${table}\n\nWhat stands in the way of those that do not hold:\n\n${reasons.join("\n")}`;
}

/** What a rotation consists of: its calls that wait for each other, and the rest. */
function floorText(rows: readonly Row[]): string {
  const row = rows.find(({ comparison }) => comparison === "rotate-snowflake-100");
  const summary = row && summarize(row);
  if (!row || !summary) return "";
  const chain = row.runs[0]?.chain ?? [];
  const services = new Map<string, number>();
  for (const call of chain) services.set(call.split(" ")[0] ?? "", (services.get(call.split(" ")[0] ?? "") ?? 0) + 1);
  const parts = [...services].map(([service, count]) => `${count} to ${service}`).join(", ");
  const rest = summary.wallMs - chain.length * row.latencyMs;
  return [
    `A rotation of Snowflake at ${row.latencyMs} ms a call takes ${grouped(summary.wallMs)} ms. ${chain.length} of its ${summary.calls} calls wait for each ` +
      `other (${parts}): ${grouped(chain.length * row.latencyMs)} ms. The other ${grouped(rest)} ms are three runs of Pulumi's engine, one each to make the ` +
      "new credential, to point consumers to it and to remove the old one: three times the floor of a preview.",
    `<details><summary>The critical path, call by call</summary>\n\n\`\`\`text\n${chain.join("\n")}\n\`\`\`\n\n</details>`,
  ].join("\n\n");
}

function fasterText(rows: readonly Row[]): string {
  const lines = REASONS.flatMap(({ name, why }) => {
    const wins = rows.flatMap((row) => {
      const [own, wall] = [oursOf(row, rows), summarize(row)?.wallMs];
      if (!row.contender.startsWith(name) || own === undefined || wall === undefined || wall >= own) return [];
      return [`${row.title}, ${row.step} at ${row.latencyMs} ms: ${grouped(wall)} ms, ours ${grouped(own)} ms`];
    });
    return wins.length === 0 ? [] : [`- **${name}**: ${why}\n${wins.map((win) => `  - ${win}`).join("\n")}`];
  });
  return lines.length === 0 ? "Nowhere in this run." : lines.join("\n");
}

function sectionText({ id, title, words }: (typeof SECTIONS)[number], rows: readonly Row[]): string[] {
  const own = [...byComparison(rows)].filter(([comparison]) => comparison === id || comparison.startsWith(`${id}-`));
  if (own.length === 0) return [];
  const tables = own.map(([, group]) => {
    const [first] = group;
    const distance = first && first.latencyMs > 0 ? `, ${first.latencyMs} ms a call` : "";
    return `**${first?.title ?? ""}${distance}**\n\n${markdownTable(
      HEAD,
      group.map((row) => cellsOf(row, rows)),
    )}`;
  });
  const faults = own.flatMap(([, group]) => group.flatMap(faultsOf));
  return [`## ${title}`, words, ...tables, ...(faults.length > 0 ? [`Void: ${faults.join("; ")}`] : [])];
}

function growthTable(rows: readonly Row[]): string {
  const lines = growthOf(rows, () => true).map(({ series, step, contender, work, factor, points }) => [
    `${series}: ${step}`,
    contender,
    points.map(({ work: size, wallMs }) => `${grouped(size)}: ${grouped(wallMs)} ms`).join(", "),
    `${work}`,
    factor.toFixed(1),
  ]);
  return markdownTable(["what", "by", "medians", "× work", "× time"], lines);
}

function howText(): string {
  return [
    "## How it is measured",
    `- The stand-ins have a process of their own and wait by a timer; contenders run by turns after a warm-up each, 5 times, 3 times where that took more than 3 s, twice above 10 s, once above 25 s; what takes more than a minute is measured in its only run. ` +
      `The tables say medians; spread is (largest − smallest) ÷ median, marked (!) above ${MOST_SPREAD * 100} %.`,
    "- After each step the stand-ins' stores are compared with the input, byte for byte. A wrong store voids the row, ours too.",
    "- CPU is that of every process that had ended; MB is the proportional memory of the whole tree at its peak, seen in the warm-up; calls, writes and how many " +
      "were open at once are counted by the stand-ins. Nothing is estimated: what was not run says so.",
    "- “ours” is the command line as it is installed, `sophia-secrets …`, and for many secrets the components of the program by the Automation API.",
    "",
    "Again, in some 20 minutes (`npm run bench -- --quick` takes a few, `npm run bench -- --only sync` runs a part; both leave this page alone):",
    "",
    "```text\nnpm run bench\n```",
  ].join("\n");
}
