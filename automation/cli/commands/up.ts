/** `up`: bring the stack about, then say where everything went. */
import { openPublishedOrNothing } from "../../env-file/collect";
import { stackMarkdown } from "../../reports/stack-markdown";
import { noteFirstStrategies } from "../../rotation/strategies";
import { refuseControlTokens } from "../../self-rotation";
import { type UpRun } from "../../stack";
import { prepareWriterMove } from "../../sync/writer-move";
import { type CommandContext, type CommandResult } from "../command";
import { openSummary } from "../summary";
import { policyLines } from "./preview";

/** Options of `up`. */
export interface UpOptions {
  readonly yes: boolean;
  /** Folder of the policies that must be kept. @default none */
  readonly policyPack?: string;
  /** A file that gets a report in Markdown as well. */
  readonly summary?: string;
}

/** Runs `pulumi up` through the driver; exit 5 when a policy is broken. */
export async function runUp(options: UpOptions, context: CommandContext): Promise<CommandResult> {
  const title = `Stack ${context.stackName} brought up to date`;
  const summary = openSummary(options.summary, title, context);
  const run = await summary.during(() => up(options, context));
  await summary.add(stackMarkdown(title, run));
  const { destinations, missing, environment } = run.outputs;
  context.output.result(
    { schema: "sophia-secrets/up", version: 1, stack: context.stackName, ...run },
    [
      `Stack ${context.stackName}: ${run.changes.length} changed, ${run.unchanged} unchanged, ${(run.durationMs / 1000).toFixed(1)} s`,
      `  ESC     ${environment}: ${destinations.esc.length} variables`,
      `  GitHub  ${destinations.github.length} secrets and variables in each place`,
      `  Vercel  ${destinations.vercel.length} environment variables`,
      ...(missing.length > 0 ? [`  Missing ${missing.join(", ")}`] : []),
      ...policyLines(run),
    ].join("\n"),
  );
  return missing.length > 0 ? 1 : 0;
}

async function up({ yes, policyPack }: UpOptions, context: CommandContext): Promise<UpRun> {
  const session = context.session();
  const stack = session.stack({
    onChange: ({ op, name }) => context.output.talk(`  ${op.padEnd(8)} ${name}`),
    onProgress: (line) => context.output.progress(line),
    policyPack,
  });
  await context.requireConsent(`Bring stack ${session.stackName} up to date?`, yes);
  context.answerInterrupt();
  const { intake } = await session.intake.require();
  // Before the engine speaks: what a service sends back of the values in use, the redactor must know.
  await openPublishedOrNothing(session).catch(() => undefined);
  refuseControlTokens(intake, session.settings);
  await noteFirstStrategies(session, intake);
  return stack.up(await prepareWriterMove(session, stack));
}
