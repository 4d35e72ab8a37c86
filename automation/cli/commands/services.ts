/** `services`: what does the catalogue say? Reads no setting and asks nobody. */
import Table from "cli-table3";
import { type Probe, type Service } from "../../../services/service";
import { variablesOf, type DeclaredVariable } from "../../../services/select";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { definition } from "../text";

/** Options of `services`. */
export interface ServicesOptions {
  /** Services to show in full; none lists them all. */
  readonly services: readonly string[];
}

/** Lists the services, or shows some of them with their variables. */
export async function runServices(options: ServicesOptions, context: CommandContext): Promise<CommandResult> {
  const selected = selectServices(options.services, () => true);
  const text =
    options.services.length === 0
      ? listText(selected)
      : selected.map((service) => showText(service, context.width)).join("\n\n");
  context.output.result({ schema: "sophia-secrets/services", version: 1, services: selected }, text);
  return 0;
}

function listText(selected: readonly Service[]): string {
  const table = new Table({ head: ["service", "owner", "rotates", "variables"], style: { head: [], border: [] } });
  for (const service of selected) {
    const { name, owner, rotation } = service;
    table.push([name, owner, rotation ? `every ${rotation.everyDays} days` : "no", variablesOf(service).length]);
  }
  return `${table.toString()}\nAll of one: npx sophia-secrets services show NAME`;
}

const INDENT = 14;

function showText(service: Service, width: number): string {
  const { name, title, description, owner, docs, rotation, probe } = service;
  const row = (word: string, meaning: string) => definition(`  ${word}`, meaning, INDENT, width);
  const [first] = Object.keys(rotation?.strategies ?? {});
  const strategies = Object.keys(rotation?.strategies ?? {}).map((word) =>
    word === first ? `${word} (default)` : word,
  );
  return [
    `${name}: ${title}. ${description}`,
    ...row("owner", owner),
    ...(rotation
      ? [
          ...row("rotation", `every ${rotation.everyDays} days`),
          ...row(
            "strategies",
            strategies.join(", ") + (rotation.config ? `; chosen by sophia:${rotation.config}` : ""),
          ),
        ]
      : row("rotation", "none: no credential of this service is replaced here")),
    ...row("probe", describeProbe(probe)),
    ...row("docs", docs),
    "",
    ...variablesOf(service).flatMap((variable) => describeVariable(variable, width)),
  ].join("\n");
}

function describeProbe(probe: Probe): string {
  if (probe.kind === "snowflake") return "log in, take the role, read from the warehouse, the database and the schema";
  return probe.steps
    .map(({ purpose, method, path }) => {
      const segments = path.map((part) =>
        typeof part === "string" ? part : `{${"variable" in part ? part.variable : part.captured}}`,
      );
      return `${purpose} (${method} /${segments.join("/")})`;
    })
    .join(", then ");
}

function describeVariable(
  { name, secret, optional, destinations, description, ...rest }: DeclaredVariable,
  width: number,
): string[] {
  const { aliases, config, defaultValue, sameAs } = rest;
  const kind = `${secret ? "secret" : "plain"}${optional ? ", optional" : ""}`;
  const places = destinations.length > 0 ? `to ${destinations.join(", ")}` : "stays in the environment";
  const notes = [
    ...(sameAs && !description.includes(sameAs) ? [`same value as ${sameAs}`] : []),
    ...(config ? [`set by sophia:${config}`] : []),
    ...(defaultValue === undefined ? [] : [`default ${defaultValue}`]),
    ...(aliases.length > 0 ? [`old names ${aliases.join(", ")}`] : []),
  ];
  return [`  ${name}  ${kind}, ${places}`, ...definition("", [description, ...notes].join("; "), 6, width)];
}
