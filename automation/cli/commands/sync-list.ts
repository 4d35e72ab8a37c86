/** `list`: every name at each place of the stack, whose it is, and how it stands. */
import { takeInventory, type InventoryEntry, type InventoryScope } from "../../sync/inventory";
import { type CommandContext, type CommandResult } from "../command";
import { chosenServices, repositoryName } from "./sync";
import { indented } from "./sync-text";

/** Options of `list`. */
export interface ListOptions {
  /** None means all. */
  readonly kinds: InventoryScope["kinds"];
  /** `OWNER/NAME` or `NAME`; none means all. */
  readonly repositories: readonly string[];
  /** Names of services; none means all names, those of no service too. */
  readonly services: readonly string[];
}

/** Lists; changes nothing. */
export async function runList(options: ListOptions, context: CommandContext): Promise<CommandResult> {
  const chosen = chosenServices(options.services);
  const session = context.session();
  const repositories = options.repositories.map((word) => repositoryName(session, word));
  const { intake } = await session.intake.require();
  const inventory = await takeInventory(session, intake, { kinds: options.kinds, repositories });
  const places = inventory.places.map(({ place, former, entries }) => ({
    ...{ place, former },
    entries: entries.filter(({ service = "" }) => !chosen || chosen.includes(service)),
  }));
  context.output.result(
    { schema: "sophia-secrets/list", version: 1, stack: session.stackName, places },
    [
      ...places.flatMap(({ place, former, entries }) => [
        `${place}${former ? " (the stack writes there no longer)" : ""}`,
        ...table(entries.map(cellsOf)),
        ...(entries.length === 0 ? ["  nothing"] : []),
      ]),
      ...(places.length === 0 ? ["The stack writes to no such place."] : []),
      ...advice(places.flatMap(({ entries }) => entries)),
    ].join("\n"),
  );
  return undefined;
}

function cellsOf({ name, kind, ownership, status, updatedAt = "" }: InventoryEntry): string[] {
  const words =
    status === ownership || (ownership === "managed" && status === "in step") ? status : `${ownership}, ${status}`;
  return [name, kind, words, updatedAt.replace(/\.\d+Z$/, "Z")];
}

/** Lines whose columns are as wide as they have to be. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widthOf = (column: number) => Math.max(...rows.map((row) => (row[column] ?? "").length));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widthOf(column))).join("  ")}`.trimEnd());
}

/** The commands that act on what was found. */
function advice(entries: readonly InventoryEntry[]): string[] {
  const has = (...words: InventoryEntry["status"][]) => entries.some(({ status }) => words.includes(status));
  return [
    ...(has("missing", "behind", "edited outside")
      ? indented(
          "What is missing, behind or edited outside is written by sync-github, sync-github-org and sync-vercel.",
        )
      : []),
    ...(has("taken") ? indented("What is taken is somebody else's: sync-… --adopt replaces it.") : []),
    ...(has("left over") ? indented("What is left over goes by: npx sophia-secrets prune") : []),
  ];
}
