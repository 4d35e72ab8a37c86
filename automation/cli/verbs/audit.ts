/** Which options does `audit` have? */
import { collect, type Shared, type Verbs } from "./verb";

/** Declares them. */
export function addAuditVerb({ verb, act }: Verbs): void {
  verb("audit", "say what is old, missing or not where it should be", "audit --fail-on overdue")
    .option("--fail-on <finding>", "exit 1 on: overdue, never, missing; repeatable", collect)
    .action((o: Shared & { failOn?: string[] }) =>
      act(o, async (c) => (await import("../commands/audit.js")).runAudit({ failOn: o.failOn ?? [] }, c)),
    );
}
