/** `services`: what does the catalogue say? Reads no setting and asks nobody. */
import Table from "cli-table3";
import { type Service } from "../../../services/service";
import { variablesOf } from "../../../services/select";
import { selectServices, type CommandContext, type CommandResult } from "../command";

/** Options of `services`. */
export interface ServicesOptions {
  /** Services to show in full; none lists them all. */
  readonly services: readonly string[];
}

/** Lists the services, or shows some of them with their variables. */
export async function runServices(options: ServicesOptions, { output }: CommandContext): Promise<CommandResult> {
  const selected = selectServices(options.services, () => true);
  const text = options.services.length === 0 ? listText(selected) : selected.map(showText).join("\n\n");
  output.result({ schema: "sophia-secrets/services", version: 1, services: selected }, text);
  return 0;
}

function listText(selected: readonly Service[]): string {
  const table = new Table({ head: ["service", "owner", "rotates", "variables"], style: { head: [], border: [] } });
  for (const service of selected) {
    const { name, owner, rotation } = service;
    table.push([name, owner, rotation ? `every ${rotation.everyDays} days` : "no", variablesOf(service).length]);
  }
  return table.toString();
}

function showText(service: Service): string {
  const { title, description, owner, docs, rotation } = service;
  const table = new Table({ head: ["variable", "kind", "goes to", "meaning"], style: { head: [], border: [] } });
  for (const { name, secret, optional, destinations, description: meaning } of variablesOf(service)) {
    const kind = `${secret ? "secret" : "plain"}${optional ? ", optional" : ""}`;
    table.push([name, kind, destinations.join(", ") || "nowhere", meaning]);
  }
  const rotates = rotation
    ? `every ${rotation.everyDays} days (${Object.keys(rotation.strategies).join(", ")})`
    : "is not rotated";
  return [`${title}: ${description}`, `owner ${owner}; ${rotates}; ${docs}`, table.toString()].join("\n");
}
