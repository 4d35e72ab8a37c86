/** Which options does `report` have? */
import { parseMaxAge } from "./audit";
import { type Shared, type Verbs } from "./verb";

type ReportFlags = { output?: string; test: boolean; maxAge?: Readonly<Record<string, number>> };

/** Declares them. */
export function addReportVerb({ verb, act }: Verbs): void {
  verb("report", "write one page that shows how the stack stands", "report", "report --test --output stack.html")
    .option("--output <file>", "where the page goes; - for standard output (default: report.html; with --json no file)")
    .option("--test", "log in to each service first, instead of showing the newest saved test", false)
    .option("--max-age <service=age>", "such as snowflake=45d, all=90d, sync=30d, import=30d; repeatable", parseMaxAge)
    .action((o: Shared & ReportFlags) =>
      act(o, async (c) => {
        const { maxAge: maxAges = {}, ...rest } = o;
        return (await import("../commands/report.js")).runReport({ ...rest, maxAges }, c);
      }),
    );
}
