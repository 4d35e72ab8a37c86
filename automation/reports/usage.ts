/** How is a usage audit read: by programs, and at a terminal? */
import Table from "cli-table3";
import { createColors } from "picocolors";
import { LIMITS, type SubjectUse } from "../audit/usage/rules";
import { type UsageAudit, type UsageSource } from "../audit/usage/usage";
import { visible } from "../visible";
import { fitColumns, hanging, WIDTH } from "./text";

/** The JSON document; its shape is `docs/schemas/usage.json`. */
export function usageDocument({ organization, stack, timestamp, sources, lastUses, findings }: UsageAudit) {
  return {
    ...{ schema: "sophia-secrets/usage", version: 1, organization, stack, timestamp },
    ...{ limits: LIMITS, findings, sources, lastUses },
  } as const;
}

const WIDTHS = [38, 7, 8, 16, 24];

/** The audit as text of at most `width` columns: findings first, then what they rest on, and what nobody knows. */
export function usageText(audit: UsageAudit, colour = false, width = WIDTH): string {
  const { bold } = createColors(colour);
  const { organization, stack, timestamp, sources, lastUses, findings } = audit;
  const title = `How credentials were used: stack ${stack} of ${organization}, ${timestamp.slice(0, 16).replace("T", " ")} UTC`;
  return [
    bold(visible(title)),
    verdict(audit, width),
    ...findings.map(({ rule, message }) => hanging(`  ${rule}: `, visible(message), width)),
    "",
    ...sources.flatMap((source) => [bold(visible(source.source)), sourceText(source, width), ""]),
    bold("Last uses, where the service says no more"),
    ...(lastUses.length === 0 ? ["  none"] : lastUses.map(lastUseText)),
    "",
  ].join("\n");
}

/** Says of how much it is said: what was not read is not called usual. */
function verdict({ sources, findings, lastUses }: UsageAudit, width: number): string {
  const read = sources.filter(({ state }) => state === "read");
  const unknown = [
    ...sources.filter(({ state }) => state !== "read").map(({ source }) => source),
    ...lastUses.filter(({ state }) => state !== "read").map(({ service }) => `last use of ${service}`),
    ...read.flatMap(({ subjects }) =>
      subjects.filter((one) => one.unknown.length > 0).map(({ subject }) => `what is usual for ${subject}`),
    ),
  ];
  const found = `${findings.length === 0 ? "Nothing" : findings.length} unusual in ${read.length} of ${sources.length} logs.`;
  return hanging("", visible(unknown.length === 0 ? found : `${found} Not known: ${unknown.join(", ")}.`), width);
}

function sourceText(source: UsageSource, width: number): string {
  const { state, reason = "no reason given", hint = "", subjects, from, notes } = source;
  if (state !== "read") return hanging(`  ${state}: `, visible(`${reason}. ${hint}`.trim()), width);
  const since = `  since ${from?.slice(0, 16).replace("T", " ") ?? "unknown"} UTC`;
  const lines = notes.map((note) => hanging("  - ", visible(note), width));
  if (subjects.length === 0) return [`${since}: no use of what this stack looks after`, ...lines].join("\n");
  const style = { head: [], border: [], compact: true };
  const head = ["What was used", "Uses", "Failed", "Before", "What is usual"];
  const rows = subjects.map((one) => [
    ...[visible(one.subject), `${one.uses}`, `${one.failures}`, `${one.baselineUses} on ${one.baselineDays} d`],
    usualText(one),
  ]);
  const colWidths = fitColumns(WIDTHS, [head, ...rows], width);
  const table = new Table({ head, colWidths, style, wordWrap: true, wrapOnWordBoundary: false });
  table.push(...rows);
  return [`${since}; uses and failures of the last day`, table.toString(), ...lines].join("\n");
}

function usualText({ unknown }: SubjectUse): string {
  return unknown.length === 0
    ? "known"
    : `not known: fewer than ${LIMITS.baselineUses} uses or ${LIMITS.baselineDays} days`;
}

function lastUseText({ service, state, reason = "", lastUsed }: UsageAudit["lastUses"][number]): string {
  if (state !== "read") return `  ${visible(service)}: not read (${visible(reason)})`;
  return `  ${visible(service)}: ${lastUsed === undefined ? "no use is known" : `${lastUsed.slice(0, 16).replace("T", " ")} UTC`}`;
}
