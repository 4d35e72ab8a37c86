/** What does a person read after a rotation? One block a service. */
import { type TornWindow } from "../destinations";
import { type RotationReport, type ServiceRotation } from "../rotation/report";

/** The report as text for a terminal. */
export function formatRotationReport({ stack, services, ups }: RotationReport): string {
  const seconds = ups.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  return [
    `Rotation on stack ${stack}: ${ups.length} pulumi up in ${seconds.toFixed(1)} s`,
    ...services.flatMap(formatService),
  ].join("\n");
}

function formatService({
  service,
  outcome,
  summary,
  from,
  to,
  bothAlive,
  variables,
  tornWindows,
}: ServiceRotation): string[] {
  const head = `  ${service.padEnd(10)} ${outcome.replaceAll("_", " ")}: ${summary}`;
  if (outcome === "nothing_due") return [head];
  return [
    head,
    `             slot ${from.slot} (generation ${from.generation}) → slot ${to.slot} (generation ${to.generation}): ${variables.join(", ")}`,
    ...(bothAlive
      ? [`             both alive from ${bothAlive.from} ${bothAlive.until ? `to ${bothAlive.until}` : "on"}`]
      : []),
    ...tornWindows.map((window) => `             ${describeTornWindow(window)}`),
  ];
}

/** One sentence on a place that took a credential's variables one after the other. */
export function describeTornWindow({ place, milliseconds }: TornWindow): string {
  const time = milliseconds === 0 ? "less than a second" : `${(milliseconds / 1000).toFixed(1)} s`;
  return `${place} took them one after the other: for ${time} a reader got a pair that does not belong together`;
}
