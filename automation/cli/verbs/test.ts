/** Which options does the integration test have? */
import { Option } from "commander";
import { type Shared, type Verbs } from "./verb";

type TestFlags = { source: "esc" | "env-file" | "process"; envFile: string; output?: string };

/** Declares them. */
export function addTestVerb({ verb, act }: Verbs): void {
  verb("test", "log in to each service as a consumer would", "test snowflake gong")
    .argument("[services...]", "snowflake, gong, vercel, estuary, github, pulumi (default: all)")
    .addOption(
      new Option("--source <source>", "where values come from").choices(["esc", "env-file", "process"]).default("esc"),
    )
    .option("--env-file <file>", "for --source env-file", ".env")
    .option("--output <file>", "write the JSON report to a file too")
    .action((services: string[], o: Shared & TestFlags) =>
      act(o, async (c) => (await import("../commands/test.js")).runTest({ ...o, services }, c)),
    );
}
