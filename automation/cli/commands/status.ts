/** `status`: where does each service's rotation stand? Reads the intake only. */
import { services } from "../../../services";
import { type Service } from "../../../services/service";
import { FIRST_RECORD, type RotationRecord } from "../../rotation/record";
import { findPendingMoves, strategyInUse, type PendingMove } from "../../rotation/strategies";
import { type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";
import { describeTime, definition } from "../text";

/** One service's record as it is shown. Times are ISO 8601. */
interface ServiceStatus {
  readonly service: string;
  readonly current: RotationRecord["current"];
  readonly generation: number;
  readonly phase: RotationRecord["phase"];
  /** By which strategy the credential in use was made, where the service has several. */
  readonly strategy?: string;
  /** The strategy that the settings choose instead; the next rotation moves to it. */
  readonly moveTo?: string;
  readonly rotatedAt?: string;
  readonly retireAfter?: string;
  readonly owner?: string;
  readonly heartbeatAt?: string;
}

/** Shows the rotation records. */
export async function runStatus(context: CommandContext): Promise<CommandResult> {
  const session = context.session(ESC_TOKEN);
  const { intake, revision } = await session.intake.require();
  const now = context.dependencies.now();
  const rotating = (services as readonly Service[]).filter(({ rotation }) => rotation !== undefined);
  const moves = await findPendingMoves(session, intake);
  const states = rotating.map((service) => stateOf(service, intake.rotation(service.name), moves.get(service.name)));
  context.output.result(
    {
      schema: "sophia-secrets/status",
      version: 1,
      stack: session.stackName,
      intakeRevision: revision,
      services: states,
    },
    states.flatMap((state) => describeState(state, { stack: session.stackName, now, width: context.width })).join("\n"),
  );
  return 0;
}

function stateOf(service: Service, record: RotationRecord, move: PendingMove | undefined): ServiceStatus {
  const { current, phase, rotatedAt, retireAfter, run } = record;
  const strategy = strategyInUse(service, record);
  return {
    service: service.name,
    current,
    generation: record.slots[current]?.generation ?? FIRST_RECORD.slots.a?.generation ?? 1,
    phase,
    ...(strategy === undefined ? {} : { strategy }),
    ...(move ? { moveTo: move.to } : {}),
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(retireAfter === undefined ? {} : { retireAfter }),
    ...(run ? { owner: run.owner, heartbeatAt: run.heartbeatAt } : {}),
  };
}

/** Its time counts as long as nobody has begun to remove it, which `--grace 0` does earlier. */
function endOfOther(phase: RotationRecord["phase"], retireAfter: string, now: number): string {
  if (phase === "retiring") return "the other one is being removed; that it is refused is not proven yet";
  return `the other one ${Date.parse(retireAfter) > now ? "goes" : "was to go"} at ${describeTime(retireAfter, now)}`;
}

const INDENT = 23;

function describeState(
  state: ServiceStatus,
  { stack, now, width }: { readonly stack: string; readonly now: number; readonly width: number },
): string[] {
  const { service, current, generation, phase, rotatedAt, retireAfter, owner, heartbeatAt, strategy, moveTo } = state;
  const since =
    phase === "promoted"
      ? "not confirmed yet"
      : rotatedAt
        ? `in use since ${describeTime(rotatedAt, now)}`
        : "never rotated";
  const facts = [
    `slot ${current}, generation ${generation}, ${strategy === undefined ? "" : `${strategy}, `}${since}`,
    ...(retireAfter === undefined ? [] : [endOfOther(phase, retireAfter, now)]),
    ...(owner ? [`in the hands of ${owner}, last heard of ${describeTime(heartbeatAt ?? "", now)}`] : []),
    ...(moveTo !== undefined && phase === "idle"
      ? [`the settings ask for ${moveTo}: npx sophia-secrets rotate --service ${service} --stack ${stack}`]
      : []),
    ...(phase === "idle" ? [] : [`-> npx sophia-secrets rotate --service ${service} --resume --stack ${stack}`]),
  ];
  return facts.flatMap((fact, index) =>
    definition(index === 0 ? `${service.padEnd(10)} ${phase}` : "", fact, INDENT, width),
  );
}
