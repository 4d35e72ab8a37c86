/** What was created? The resources of the first `up` by the place in which they are, with the names that they have in the program. */
import { html, type Html } from "../../automation/reports/html";
import { type ResourceChange } from "../../automation/stack";
import { findService } from "../../services/select";
import { services } from "../../services";
import { type Destination } from "../../services/service";
import { type TourReport } from "../tour-report";
import { names, section, table, type RowGroup } from "../../automation/reports/page/parts";
import { NO_BREAK, distinct, duration, kindWords, plural } from "../../automation/reports/page/words";

/** Packages whose resources are no service's, and where they stand: what the reader looks for comes first. */
const PACKAGES: Readonly<Record<string, { readonly title: string; readonly rank: number }>> = {
  pulumiservice: { title: "Pulumi ESC", rank: 0 },
  random: { title: "Generated material, in Pulumi's encrypted state", rank: 4 },
  sophia: { title: "Components, which group the resources above", rank: 5 },
  pulumi: { title: "Pulumi's own: providers with their settings", rank: 6 },
};

/** Destinations come before the other services. */
const DESTINATIONS: readonly string[] = ["github", "vercel"] satisfies Destination[];

const OP_WORDS: Readonly<Record<string, string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  import: "imported",
};

/** The engine's word for an operation as what has been done. */
export function operationWord(op: string): string {
  return Object.hasOwn(OP_WORDS, op) ? (OP_WORDS[op] ?? op) : op;
}

/** The resources, grouped by destination. */
export function resourcesSection({ up }: TourReport): Html {
  const groups = groupResources(up.changes);
  const unchanged = up.unchanged > 0 ? `, ${plural(up.unchanged, "resource")} stayed as they were` : "";
  return section(
    "resources",
    "What was created",
    html`<p>
      <code>pulumi up</code> changed ${plural(up.changes.length, "resource")} in ${duration(up.durationMs)}${unchanged}.
    </p>`,
    groups.length > 0 &&
      table({
        caption: "Resources by destination",
        columns: ["Kind", "Number", "Names in the program"],
        groups,
        width: "wide",
      }),
  );
}

/** Resource changes as rows: a group a destination, a row a kind. `word` says an operation, by default as one that has been done. */
export function groupResources(changes: readonly ResourceChange[], word = operationWord): RowGroup[] {
  const placed = changes.map((change) => ({ ...change, ...placeOf(change.type) }));
  const order = [...placed].sort((left, right) => left.rank - right.rank);
  return distinct(order.map(({ title }) => title)).map((title) => {
    const here = order.filter((change) => change.title === title);
    const kinds = distinct(here.map(({ op, kind }) => `${op} ${kind}`));
    return {
      title: `${title} (${here.length})`,
      rows: kinds.map((key) => {
        const alike = here.filter(({ op, kind }) => `${op} ${kind}` === key);
        const { op = "", kind = "" } = alike[0] ?? {};
        return [kind, `${alike.length}${NO_BREAK}${word(op)}`, names(alike.map(({ name }) => name))];
      }),
    };
  });
}

/** Tokens read `package:module:Type`. A dynamic resource is in no package of its service; its type begins with the service's title. */
function placeOf(type: string): { title: string; rank: number; kind: string } {
  const [packageName = type, , typeName = type] = type.split(":");
  const kind = packageName === "pulumi" ? `Provider ${typeName}` : kindWords(typeName);
  const known = Object.hasOwn(PACKAGES, packageName) ? PACKAGES[packageName] : undefined;
  if (known) return { ...known, kind };
  const title =
    findService(packageName)?.title ?? services.find((service) => typeName.startsWith(service.title))?.title;
  const rank = DESTINATIONS.indexOf(packageName) + 1 || DESTINATIONS.length + 1;
  return { title: title ?? packageName, rank, kind };
}
