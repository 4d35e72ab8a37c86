/** Which verbs bring the stack about? */
import { summaryOption } from "../summary";
import { yes, type Shared, type Verbs } from "./verb";

type Common = Shared & { policyPack?: string; summary?: string };

const POLICY_PACK = ["--policy-pack <folder>", "policies that must be kept, or exit 5: policy"] as const;

/** Declares them. */
export function addStackVerbs({ verb, act }: Verbs): void {
  const upExamples = ["up --stack development --yes", "up --yes --policy-pack policy"];
  verb("up", "bring the stack about: ESC, GitHub, Vercel, Snowflake", ...upExamples)
    .option(...POLICY_PACK)
    .addOption(summaryOption())
    .addOption(yes())
    .action((o: Common & { yes: boolean }) => act(o, async (c) => (await import("../commands/up.js")).runUp(o, c)));

  const previewExamples = ["preview", "preview --expect-no-changes", "preview --policy-pack policy --summary plan.md"];
  verb("preview", "say what `up` would change", ...previewExamples)
    .option("--expect-no-changes", "exit 7 when anything would change", false)
    .option(...POLICY_PACK)
    .addOption(summaryOption())
    .action((o: Common & { expectNoChanges: boolean }) =>
      act(o, async (c) => (await import("../commands/preview.js")).runPreview(o, c)),
    );
}
