/** Which options does `audit` have? */
import { InvalidArgumentError, Option } from "commander";
import { type AlertFlags } from "../alerting";
import { type CommandContext, type CommandResult } from "../command";
import { findDuration } from "../duration";
import { withAlertOptions } from "./alert-options";
import { collect, offering, type Shared, type Verbs } from "./verb";

type AuditFlags = {
  failOn?: string[];
  maxAge?: Readonly<Record<string, number>>;
  format: "table" | "json" | "sarif" | "html";
  output?: string;
  offline: boolean;
  access: boolean;
  usage: boolean;
  review?: string;
} & AlertFlags;

const DAY_MS = 86_400_000;

/** Declares them. */
export function addAuditVerb({ verb, act }: Verbs): void {
  const examples = [
    "audit",
    "audit --fail-on overdue --fail-on drift",
    "audit --access --fail-on unexpected",
    "audit --usage --fail-on unusual",
  ];
  withAlertOptions(verb("audit", "say what is old, missing or not where it should be", ...examples))
    .addOption(
      offering(new Option("--fail-on <finding>", "exit 1 on it, 7 on drift alone; repeatable").argParser(collect), [
        "overdue",
        "never",
        "missing",
        "drift",
        "unexpected",
        "unusual",
      ]),
    )
    .option("--max-age <service=age>", "such as snowflake=45d, all=90d, sync=30d, import=30d; repeatable", parseMaxAge)
    .addOption(
      new Option("--format <format>", "of the report").choices(["table", "json", "sarif", "html"]).default("table"),
    )
    .option("--output <file>", "where the report goes; - for standard output, none for no file")
    .option("--offline", "look at Pulumi's state only", false)
    .addOption(
      new Option("--access", "who may read what instead; leaves a file to sign off")
        .default(false)
        .conflicts(["usage", "offline", "maxAge"]),
    )
    .option("--review <file>", "that file; none for none (default: access_review_QUARTER_STACK.md)")
    .addOption(
      new Option("--usage", "unusual use of credentials instead").default(false).conflicts(["offline", "maxAge"]),
    )
    .action((o: Shared & AuditFlags) => act(o, (c) => runOne(o, c)));
}

/** One of the three audits; each has its own report. */
async function runOne(flags: AuditFlags, context: CommandContext): Promise<CommandResult> {
  const { maxAge: maxAges = {}, failOn = [], ...rest } = flags;
  const options = { ...rest, failOn, maxAges };
  const { access, usage } = flags;
  const { alerting } = await import("../alerting.js");
  const source = access ? "access" : usage ? "usage" : "audit";
  return alerting(flags, { source, services: [] }, context, async () => {
    if (access) return (await (await import("../commands/audit-access.js")).runAccess(options, context)).code;
    if (usage) return (await (await import("../commands/audit-usage.js")).runUsage(options, context)).code;
    return (await import("../commands/audit.js")).runAudit(options, context);
  });
}

/** `snowflake=45d`, and `45d` for all. */
export function parseMaxAge(text: string, ages: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, word = "all", age = ""] = /^(?:([a-z][a-z0-9-]*)=)?(.+)$/.exec(text) ?? [];
  const days = (findDuration(age) ?? 0) / DAY_MS;
  if (days <= 0) throw new InvalidArgumentError("It must look like snowflake=45d, and be longer than nothing.");
  return { ...ages, [word]: days };
}
