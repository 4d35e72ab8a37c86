/** `validate`: can consumers read everything that they need? Asks ESC, logs in nowhere. */
import { isRequired, variablesOf } from "../../../services/select";
import { FIRST_RECORD } from "../../rotation/record";
import { credentialInUse } from "../../rotation/strategies";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";
import { definition } from "../text";

/** Options of `validate`. */
export interface ValidateOptions {
  readonly services: readonly string[];
}

/** How much of one service's variables there is. */
interface Completion {
  readonly service: string;
  /** Count of the variables that consumers need. */
  readonly needed: number;
  readonly missing: readonly string[];
  /** Percent, rounded down: 100 means all. */
  readonly complete: number;
}

/** Compares what is published with what the catalogue asks for; exit 1 when something is missing. */
export async function runValidate(options: ValidateOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session(ESC_TOKEN);
  const [{ environmentVariables }, state] = await Promise.all([session.openPublished(), session.intake.find()]);
  const results = selectServices(options.services, () => true).map((service): Completion => {
    const credential = credentialInUse(service, state?.intake.rotation(service.name) ?? FIRST_RECORD);
    const needed = variablesOf(service).filter(
      (variable) => isRequired(service, variable, credential) && variable.destinations.includes("esc"),
    );
    const missing = needed.map(({ name }) => name).filter((name) => !environmentVariables[name]);
    return {
      service: service.name,
      needed: needed.length,
      missing,
      complete: percent(needed.length - missing.length, needed.length),
    };
  });
  const needed = results.reduce((sum, result) => sum + result.needed, 0);
  const missing = results.flatMap((result) => result.missing);
  const complete = percent(needed - missing.length, needed);
  context.output.result(
    { schema: "sophia-secrets/validate", version: 1, stack: session.stackName, complete, services: results },
    [
      ...results.filter((result) => result.needed > 0).flatMap((result) => describeCompletion(result, context.width)),
      `stack ${session.stackName}: ${complete} % of ${needed} variables`,
      ...(missing.length === 0
        ? []
        : [`Put the rest in with: npx sophia-secrets import-env --stack ${session.stackName}`]),
    ].join("\n"),
  );
  return missing.length === 0 ? 0 : 1;
}

function percent(there: number, needed: number): number {
  return needed === 0 ? 100 : Math.floor((there / needed) * 100);
}

function describeCompletion({ service, needed, missing, complete }: Completion, width: number): string[] {
  const lacks = missing.length === 0 ? "" : `, missing ${missing.join(", ")}`;
  const share = `${String(complete).padStart(3)} %`;
  return definition(`${service.padEnd(10)} ${share}`, `${needed - missing.length} of ${needed}${lacks}`, 18, width);
}
