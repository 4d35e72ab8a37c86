/** `doctor`: what keeps this machine and this stack from working? */
import { runDoctor, type DoctorCheck } from "../../doctor";
import { type CommandContext, type CommandResult } from "../command";

/** Runs the checks; exit 1 when one fails. */
export async function runDoctorCommand(context: CommandContext): Promise<CommandResult> {
  const { directory, environment, http, now } = context.dependencies;
  const checks = await runDoctor({ openSession: () => context.session(), directory, environment, http, now });
  const failing = checks.filter(({ status }) => status === "fail").length;
  context.output.result(
    { schema: "sophia-secrets/doctor", version: 1, stack: context.stackName, checks },
    [...checks.map(describe), failing === 0 ? "Nothing stands in the way." : `${failing} to mend.`].join("\n"),
  );
  return failing === 0 ? 0 : 1;
}

function describe({ name, status, detail, fix }: DoctorCheck): string {
  const line = `${status.padEnd(5)} ${name.padEnd(11)} ${detail}`;
  return fix === undefined ? line : `${line}\n                  ${fix}`;
}
