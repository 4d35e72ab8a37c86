/** Which lines does an env file of this platform have? `.env.example`, made from the catalogue. */
import { type Service } from "../../services/service";
import { variablesOf } from "../../services/select";

const HEADER = [
  "# Made by: npx sophia-secrets template > .env.example",
  "# Copy to .env (which git ignores), fill in what you bring yourself, leave the rest empty: `up` makes or derives it.",
  "# Then: npx sophia-secrets import-env --env-file .env --stack development",
];

/** The template's text; ends with a line break. Empty values are skipped by the import. */
export function renderTemplate(catalogue: readonly Service[]): string {
  const groups = catalogue.flatMap((service) => {
    const variables = variablesOf(service).filter(({ destinations, sameAs }) => destinations.length > 0 && !sameAs);
    if (variables.length === 0) return [];
    const lines = variables.flatMap(({ name, description, defaultValue }) => [
      `# ${description}`,
      `${name}=${defaultValue ?? ""}`,
    ]);
    return [["", `# ${service.title} (${service.docs})`, ...lines]];
  });
  return `${[...HEADER, ...groups.flat()].join("\n")}\n`;
}
