/** `up`: bring the stack about, then say where everything went. */
import { openPublishedOrNothing } from "../../env-file/collect";
import { noteFirstStrategies } from "../../rotation/strategies";
import { refuseControlTokens } from "../../self-rotation";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `up`. */
export interface UpOptions {
  readonly yes: boolean;
}

/** Runs `pulumi up` through the driver. */
export async function runUp(options: UpOptions, context: CommandContext): Promise<CommandResult> {
  const { output } = context;
  const session = context.session();
  await context.requireConsent(`Bring stack ${session.stackName} up to date?`, options.yes);
  await session.checkEsc();
  // Before the engine speaks: what a service sends back of the values in use, the redactor must know.
  await openPublishedOrNothing(session).catch(() => undefined);
  refuseControlTokens((await session.intake.require()).intake, session.settings);
  await noteFirstStrategies(session);
  const run = await session.stack(({ op, name }) => output.talk(`  ${op.padEnd(8)} ${name}`)).up();
  const { destinations, missing, environment } = run.outputs;
  output.result(
    { schema: "sophia-secrets/up", version: 1, stack: session.stackName, ...run },
    [
      `Stack ${session.stackName}: ${run.changes.length} changed, ${run.unchanged} unchanged, ${(run.durationMs / 1000).toFixed(1)} s`,
      `  ESC     ${environment}: ${destinations.esc.length} variables`,
      `  GitHub  ${destinations.github.length} secrets and variables in each place`,
      `  Vercel  ${destinations.vercel.length} environment variables`,
      ...(missing.length > 0 ? [`  Missing ${missing.join(", ")}`] : []),
    ].join("\n"),
  );
  return missing.length > 0 ? 1 : 0;
}
