/** Which verbs bring the stack about? */
import { yes, type Shared, type Verbs } from "./verb";

/** Declares them. */
export function addStackVerbs({ verb, act }: Verbs): void {
  verb("up", "bring the stack about: ESC, GitHub, Vercel, Snowflake", "up --stack development --yes")
    .addOption(yes())
    .action((o: Shared & { yes: boolean }) => act(o, async (c) => (await import("../commands/up.js")).runUp(o, c)));

  verb("preview", "say what `up` would change", "preview", "preview --expect-no-changes")
    .option("--expect-no-changes", "exit 7 when anything would change", false)
    .action((o: Shared & { expectNoChanges: boolean }) =>
      act(o, async (c) => (await import("../commands/preview.js")).runPreview(o, c)),
    );
}
