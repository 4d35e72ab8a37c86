/** Which options does the integration test have? */
import { Argument, Option } from "commander";
import { type AlertFlags } from "../alerting";
import { withAlertOptions } from "./alert-options";
import { collect, offering, serviceWords, type Shared, type Verbs } from "./verb";

type TestFlags = {
  source: "esc" | "env-file" | "process";
  envFile: string;
  deep: boolean;
  format: "text" | "json" | "junit";
  output?: string;
  tests: string[];
  service: string[];
} & AlertFlags;

/** Declares them. */
export function addTestVerb({ verb, act }: Verbs): void {
  const words = ["all", ...serviceWords()];
  withAlertOptions(
    verb(
      "test",
      "log in to each service as a consumer would",
      "test",
      "test snowflake --deep",
      "test --format junit --output integration.xml",
      "test gong --source env-file --env-file .env",
    ),
  )
    .addArgument(offering(new Argument("[services...]", "which; none means all"), words))
    .option("--deep", "look at rights, limits, deployments and the flow of data too", false)
    .addOption(
      new Option("--source <source>", "where values come from").choices(["esc", "env-file", "process"]).default("esc"),
    )
    .option("--env-file <file>", "for --source env-file", ".env")
    .addOption(new Option("--format <format>", "of the report").choices(["text", "json", "junit"]).default("text"))
    .option("--output <file>", "where the report goes; - for standard output, none for no file")
    .addOption(new Option("--tests <names>", "services, with commas between them").argParser(splitWords).default([]))
    .addOption(
      offering(new Option("--service <service>", "one of them; repeatable").argParser(collect).default([]), words),
    )
    .action((services: string[], o: Shared & TestFlags) =>
      act(o, async (c) => {
        const { tests, service, ...rest } = o;
        const { runTest } = await import("../commands/test.js");
        const { alerting } = await import("../alerting.js");
        const options = { ...rest, services: [...services, ...tests, ...service] };
        return alerting(o, { source: "test", services: options.services }, c, () => runTest(options, c));
      }),
    );
}

function splitWords(text: string, words: readonly string[] = []): string[] {
  return [...words, ...text.split(",").map((word) => word.trim())];
}
