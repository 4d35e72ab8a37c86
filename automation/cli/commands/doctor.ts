/** `doctor`: what keeps this machine and this stack from working? */
import { createColors } from "picocolors";
import { runDoctor, type DoctorCheck } from "../../doctor";
import { type CommandContext, type CommandResult } from "../command";
import { definition } from "../text";

/** Runs the checks; exit 1 when one fails. */
export async function runDoctorCommand(context: CommandContext): Promise<CommandResult> {
  const { directory, environment, http, now } = context.dependencies;
  const checks = await runDoctor({ openSession: () => context.session(), directory, environment, http, now });
  const count = (wanted: DoctorCheck["status"]) => checks.filter(({ status }) => status === wanted).length;
  const failing = count("fail");
  const end = failing === 0 ? "Nothing stands in the way" : `${failing} to mend`;
  const warnings = count("warn") === 0 ? "" : `, ${count("warn")} to look at`;
  context.output.result(
    { schema: "sophia-secrets/doctor", version: 1, stack: context.stackName, checks },
    [...checks.flatMap((check) => describe(check, context)), `${end}${warnings}.`].join("\n"),
  );
  return failing === 0 ? 0 : 1;
}

const INDENT = 19;

function describe({ name, status, detail, fix }: DoctorCheck, { colour, width }: CommandContext): string[] {
  const { green, yellow, red } = createColors(colour);
  const paint = { ok: green, warn: yellow, fail: red }[status];
  const [first = "", ...list] = detail.split("\n");
  return [
    ...definition(`${status.padEnd(5)} ${name}`, first, INDENT, width).map((line) => line.replace(/^\w+/, paint)),
    // Lines of a list are columns already.
    ...list.map((line) => `  ${line}`),
    ...(fix === undefined ? [] : definition("", `-> ${fix}`, INDENT, width)),
  ];
}
