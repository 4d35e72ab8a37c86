/** `status`: where does each service's rotation stand? Reads the intake only. */
import { FIRST_RECORD } from "../../rotation/record";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";

/** Shows the rotation records. */
export async function runStatus(context: CommandContext): Promise<CommandResult> {
  const session = context.session(ESC_TOKEN);
  const { intake, revision } = await session.intake.require();
  const services = selectServices([], ({ rotation }) => rotation !== undefined).map((service) => {
    const record = intake.rotation(service.name);
    const { current, phase, rotatedAt, retireAfter, run } = record;
    return {
      service: service.name,
      current,
      generation: record.slots[current]?.generation ?? FIRST_RECORD.slots.a?.generation,
      phase,
      ...(rotatedAt === undefined ? {} : { rotatedAt }),
      ...(retireAfter === undefined ? {} : { retireAfter }),
      ...(run ? { owner: run.owner, heartbeatAt: run.heartbeatAt } : {}),
    };
  });
  context.output.result(
    { schema: "sophia-secrets/status", version: 1, stack: session.stackName, intakeRevision: revision, services },
    services
      .map(
        ({ service, current, generation, phase, rotatedAt, retireAfter, owner }) =>
          `${service.padEnd(10)} ${phase.padEnd(9)} slot ${current}, generation ${generation}, ${rotatedAt ? `rotated ${rotatedAt}` : "never rotated"}${retireAfter ? `, the old one lives until ${retireAfter}` : ""}${owner ? `, in the hands of ${owner}` : ""}`,
      )
      .join("\n"),
  );
  return 0;
}
