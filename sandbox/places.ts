/** Is every copy of a value the same? Opens what ESC, GitHub and Vercel really hold and compares it byte for byte. */
import { services } from "../services";
import { variablesOf } from "../services/select";
import { type Settings } from "../automation/settings";
import { type Sandbox } from "./sandbox";
import { type PlacedVariable } from "./tour-report";
import { type VercelTarget } from "./vercel";

type Found = PlacedVariable["places"][string];

/** Every declared variable that is published, with what each place holds of it. `fingerprints` are the stack's own. */
export async function comparePlaces(
  sandbox: Pick<Sandbox, "esc" | "github" | "vercel">,
  settings: Settings,
  fingerprints: Readonly<Record<string, string>>,
): Promise<PlacedVariable[]> {
  const opened = sandbox.esc.openValues(settings.escProject, settings.environments.published);
  const published = (opened as { environmentVariables?: Record<string, string> }).environmentVariables ?? {};
  const compare = (value: string | undefined, expected: string): Found =>
    value === undefined ? "absent" : value === expected ? "same" : "different";
  return services.flatMap(variablesOf).flatMap(({ name, service, secret, destinations }) => {
    const value = published[name];
    if (value === undefined) return [];
    const places: Record<string, Found> = { esc: "same" };
    for (const repository of settings.github.repositories) {
      const scope = { kind: "repository", repository } as const;
      const held = secret ? sandbox.github.openedSecret(scope, name) : sandbox.github.variables(scope)[name];
      places[`github ${repository}`] = destinations.includes("github") ? compare(held, value) : "not sent";
    }
    for (const target of settings.vercel.targets as readonly VercelTarget[]) {
      const held = sandbox.vercel.variable(settings.vercel.project, name, target);
      places[`vercel ${target}`] = destinations.includes("vercel") ? compare(held, value) : "not sent";
    }
    return [{ name, service, secret, fingerprint: fingerprints[name] ?? "", places }];
  });
}

/** The places where something is not as it should be, as sentences. */
export function placeFaults(variables: readonly PlacedVariable[]): string[] {
  return variables.flatMap(({ name, places }) =>
    Object.entries(places).flatMap(([place, found]) =>
      found === "different" || found === "absent" ? [`${name} is ${found} at ${place}`] : [],
    ),
  );
}
