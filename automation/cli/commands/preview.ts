/** `preview`: what would `up` change? */
import { refuseControlTokens } from "../../self-rotation";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `preview`. */
export interface PreviewOptions {
  readonly expectNoChanges: boolean;
}

/** Runs `pulumi preview` through the driver; exit 7 when changes were not expected. */
export async function runPreview(options: PreviewOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session();
  await session.checkEsc();
  refuseControlTokens((await session.intake.require()).intake, session.settings);
  const run = await session.stack().preview({ expectNoChanges: options.expectNoChanges });
  const lines = run.changes.map(({ op, name, type }) => `  ${op.padEnd(8)} ${name}  (${type})`);
  context.output.result(
    { schema: "sophia-secrets/preview", version: 1, stack: session.stackName, ...run },
    [...lines, `Stack ${session.stackName}: ${run.changes.length} to change, ${run.unchanged} unchanged`].join("\n"),
  );
  return 0;
}
