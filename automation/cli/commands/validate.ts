/** `validate`: can consumers read everything that they need? Asks ESC, logs in nowhere. */
import { variablesOf } from "../../../services/select";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";

/** Options of `validate`. */
export interface ValidateOptions {
  readonly services: readonly string[];
}

/** Compares what is published with what the catalogue asks for; exit 1 when something is missing. */
export async function runValidate(options: ValidateOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session(ESC_TOKEN);
  const { environmentVariables } = await session.openPublished();
  const results = selectServices(options.services, () => true).map((service) => {
    const needed = variablesOf(service).filter(
      ({ optional, destinations }) => !optional && destinations.includes("esc"),
    );
    const missing = needed.map(({ name }) => name).filter((name) => !environmentVariables[name]);
    return { service: service.name, needed: needed.length, missing };
  });
  const needed = results.reduce((sum, result) => sum + result.needed, 0);
  const missing = results.flatMap((result) => result.missing);
  const complete = needed === 0 ? 100 : Math.floor(((needed - missing.length) / needed) * 100);
  context.output.result(
    { schema: "sophia-secrets/validate", version: 1, stack: session.stackName, complete, services: results },
    [
      ...results
        .filter((result) => result.needed > 0)
        .map(
          ({ service, missing: lacks }) =>
            `${service.padEnd(10)} ${lacks.length === 0 ? "complete" : `missing ${lacks.join(", ")}`}`,
        ),
      `${complete} % of ${needed} variables${missing.length === 0 ? "" : `; put the rest in with: npx sophia-secrets import-env --stack ${session.stackName}`}`,
    ].join("\n"),
  );
  return missing.length === 0 ? 0 : 1;
}
