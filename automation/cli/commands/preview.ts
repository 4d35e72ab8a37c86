/** `preview`: what would `up` change? */
import { describeViolation } from "../../policy";
import { stackMarkdown } from "../../reports/stack-markdown";
import { refuseControlTokens } from "../../self-rotation";
import { type StackRun } from "../../stack";
import { findWriterMove } from "../../sync/writer-move";
import { type CommandContext, type CommandResult } from "../command";
import { openSummary } from "../summary";

/** Options of `preview`. */
export interface PreviewOptions {
  readonly expectNoChanges: boolean;
  /** Folder of the policies that must be kept. @default none */
  readonly policyPack?: string;
  /** A file that gets a report in Markdown as well. */
  readonly summary?: string;
}

/** Runs `pulumi preview` through the driver; exit 7 when changes were not expected, 5 when a policy is broken. */
export async function runPreview(options: PreviewOptions, context: CommandContext): Promise<CommandResult> {
  const title = `Preview of stack ${context.stackName}`;
  const summary = openSummary(options.summary, title, context);
  const run = await summary.during(() => preview(options, context));
  await summary.add(stackMarkdown(title, run));
  const lines = run.changes.map(({ op, name, type }) => `  ${op.padEnd(8)} ${name}  (${type})`);
  context.output.result(
    { schema: "sophia-secrets/preview", version: 1, stack: context.stackName, ...run },
    [
      ...lines,
      `Stack ${context.stackName}: ${run.changes.length} to change, ${run.unchanged} unchanged`,
      ...policyLines(run),
    ].join("\n"),
  );
  return 0;
}

async function preview(options: PreviewOptions, context: CommandContext): Promise<StackRun> {
  const session = context.session();
  const stack = session.stack({ policyPack: options.policyPack });
  refuseControlTokens((await session.intake.require()).intake, session.settings);
  const move = await findWriterMove(session);
  if (move)
    context.output.talk(
      `sophia:githubWriter asks for ${move.to}: npx sophia-secrets up writes every entry at GitHub once more in that way, and deletes none.`,
    );
  return stack.preview({ expectNoChanges: options.expectNoChanges });
}

/** What the policies have to say, where they were asked. */
export function policyLines({ violations }: StackRun): string[] {
  if (!violations) return [];
  return violations.length === 0
    ? ["All policies are kept"]
    : violations.map((one) => `  policy   ${describeViolation(one)}`);
}
