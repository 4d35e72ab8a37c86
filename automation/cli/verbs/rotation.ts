/** Which options does `rotate` have? */
import { InvalidArgumentError, Option, type Command } from "commander";
import { meansSeveral } from "../../fleet/select-stacks";
import { type AlertFlags } from "../alerting";
import { parseDuration } from "../duration";
import { summaryOption } from "../summary";
import { withAlertOptions } from "./alert-options";
import { collect, offering, serviceWords, yes, type Shared, type Verbs } from "./verb";

type RotateFlags = {
  stack?: string[];
  parallel?: number;
  service?: string[];
  grace: number;
  resume: boolean;
  takeOver: boolean;
  abort: boolean;
  dryRun: boolean;
  dueOnly: boolean;
  schedule: boolean;
  force: boolean;
  redeploy: boolean;
  emergency: boolean;
  exposedAt?: string;
  evidence?: string;
  yes: boolean;
  fromFile?: string;
  output?: string;
  summary?: string;
} & AlertFlags;

/** Declares them. */
export function addRotationVerbs({ verb, act }: Verbs): void {
  const examples = [
    ...["rotate --service snowflake", "rotate --service all --dry-run", "rotate --schedule"],
    "rotate --stack 'team-*' --due-only",
  ];
  const rotate = verb("rotate", "replace credentials without locking anybody out", ...examples);
  takingSeveralStacks(rotate);
  withAlertOptions(rotate)
    .addOption(
      offering(new Option("--service <service>", "which; repeatable (default: all)").argParser(collect), [
        "all",
        ...serviceWords(({ rotation }) => rotation !== undefined),
      ]),
    )
    .addOption(
      new Option("--grace <duration>", "how long the credential that is no longer in use lives on: 0, 30s, 24h")
        .argParser(parseDuration)
        .default(24 * 3_600_000, "24h"),
    )
    .option("--due-only", "leave alone what is not due yet", false)
    .addOption(new Option("--resume", "go on with what is under way, begin nothing").default(false).conflicts("abort"))
    .option("--abort", "go back to the old credential, begin nothing", false)
    .option("--dry-run", "show what would happen; change nothing", false)
    .option("--schedule", "show what is due when; change nothing", false)
    .option("--redeploy", "build what runs at Vercel again, and wait, before the old credential goes", false)
    .option("--force", "retire the old credential although it is still in use", false)
    .addOption(
      new Option("--emergency", "no grace, whether the old credential is in use or not")
        .default(false)
        .conflicts(["resume", "abort", "dueOnly", "redeploy"]),
    )
    .addOption(
      new Option(
        "--exposed-at <where>",
        "as --emergency: what was at github, vercel, env-file, or in use since a date",
      ).conflicts(["resume", "abort", "dueOnly", "redeploy"]),
    )
    .option("--evidence <file>", "where the report of --exposed-at goes (default: secrets_exposure_….json here)")
    .addOption(
      new Option(
        "--parallel <stacks>",
        "with several stacks: how many at once (default: by cores and memory)",
      ).argParser(parseCount),
    )
    .option("--take-over", "go on although another run holds the lock", false)
    .option("--from-file <file>", "JSON with a new pair that a person made; - for standard input")
    .option("--output <file>", "write the JSON report to a file too")
    .addOption(summaryOption())
    .addOption(yes())
    .action(({ stack: words = [], ...o }: Omit<Shared, "stack"> & RotateFlags) => {
      const { service: services = [], grace: graceMs, verbose = false, ...rest } = o;
      const [stack] = words;
      if (meansSeveral(words))
        return act(o, async (c) => {
          const { runRotateFleet } = await import("../commands/rotate-fleet.js");
          return runRotateFleet({ ...rest, services, graceMs, verbose, stacks: words }, c);
        });
      return act({ ...o, ...(stack === undefined ? {} : { stack }) }, async (c) => {
        const { runRotate } = await import("../commands/rotate.js");
        const run = () => runRotate({ ...rest, services, graceMs }, c);
        // A plan is no state of anything.
        if (o.dryRun || o.schedule) return run();
        return (await import("../alerting.js")).alerting(o, { source: "rotate", services }, c, run);
      });
    });
}

/** Here, and only here, `--stack` can be said more than once. */
function takingSeveralStacks(command: Command): void {
  const option = command.options.find(({ long }) => long === "--stack");
  if (!option) throw new Error("every verb has --stack");
  option.description = "the stack; repeatable, and a pattern in quotes ('team-*') means several";
  option.argParser(collect);
}

/** A whole number from 1 on. Throws commander's error for anything else. */
function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 on.");
  return Number(text);
}
