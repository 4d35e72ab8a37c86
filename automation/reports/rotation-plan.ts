/** What does a person read of a rotation that is to come? The plan of a dry run, and the schedule of all services. */
import Table from "cli-table3";
import { type ServicePlan } from "../rotation/plan";
import { type ScheduledService } from "../rotation/schedule";
import { hanging, WIDTH } from "./text";

/** What `rotate --dry-run` gives with `--json`. */
export interface RotationPlanReport {
  readonly schema: "sophia-secrets/rotation-plan";
  readonly version: 1;
  readonly stack: string;
  readonly services: readonly ServicePlan[];
}

/** What `rotate --schedule` gives with `--json`. */
export interface RotationScheduleReport {
  readonly schema: "sophia-secrets/rotation-schedule";
  readonly version: 1;
  readonly stack: string;
  /** Now, ISO 8601. */
  readonly timestamp: string;
  readonly services: readonly ScheduledService[];
}

/** The plan as text, `width` columns wide. */
export function formatRotationPlan({ stack, services }: RotationPlanReport, width: number = WIDTH): string {
  return [
    `Rotation on stack ${stack} (dry run: nothing was changed)`,
    ...services.flatMap((one) => ["", ...formatService(one, width)]),
  ].join("\n");
}

function formatService(one: ServicePlan, width: number): string[] {
  const { service, intent, reason, phase, heldBy, variables, steps, instructions } = one;
  const holder = heldBy === undefined ? "" : `, in the hands of ${heldBy}`;
  const head = `${service.padEnd(10)} ${intent}: ${reason ?? `it is ${phase} now`}${holder}`;
  if (intent === "nothing") return [head];
  return [
    head,
    ...variables.map(({ name, fingerprint, places }) =>
      hanging(`  ${name} `, `${fingerprint ?? "(no value yet)"} at ${places.join("; ")}`, width),
    ),
    ...steps.flatMap(({ step, what, resources }) => [
      hanging(`  ${step.padEnd(8)} `, what, width),
      ...resources.map(({ op, name }) => `             ${op.padEnd(8)} ${name}`),
    ]),
    ...instructions.map((sentence, index) => hanging(`  ${index === 0 ? "by hand: " : "         "}`, sentence, width)),
  ];
}

/** The schedule as a table. */
export function formatRotationSchedule({ stack, services }: RotationScheduleReport): string {
  const table = new Table({
    head: ["service", "status", "every", "rotated", "due", "phase"],
    style: { head: [], border: [] },
  });
  for (const { service, status, everyDays, rotatedAt, dueAt, phase } of services)
    table.push([service, status, `${everyDays} d`, minute(rotatedAt) ?? "never", minute(dueAt) ?? "now", phase]);
  return [
    `Rotation schedule of stack ${stack}`,
    table.toString(),
    ...services.map(({ service, next }) => hanging(`  ${service.padEnd(10)} `, next)),
  ].join("\n");
}

/** `2026-11-23 09:00` of an ISO time in UTC. */
function minute(iso: string | undefined): string | undefined {
  return iso?.slice(0, 16).replace("T", " ");
}
