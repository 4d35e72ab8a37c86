/** Which options does the integration test have? */
import { Argument, Option } from "commander";
import { offering, serviceWords, type Shared, type Verbs } from "./verb";

type TestFlags = { source: "esc" | "env-file" | "process"; envFile: string; output?: string };

/** Declares them. */
export function addTestVerb({ verb, act }: Verbs): void {
  verb(
    "test",
    "log in to each service as a consumer would",
    "test",
    "test snowflake gong",
    "test gong --source env-file --env-file .env",
  )
    .addArgument(offering(new Argument("[services...]", "which; none means all"), ["all", ...serviceWords()]))
    .addOption(
      new Option("--source <source>", "where values come from").choices(["esc", "env-file", "process"]).default("esc"),
    )
    .option("--env-file <file>", "for --source env-file", ".env")
    .option("--output <file>", "write the JSON report to a file too")
    .action((services: string[], o: Shared & TestFlags) =>
      act(o, async (c) => (await import("../commands/test.js")).runTest({ ...o, services }, c)),
    );
}
