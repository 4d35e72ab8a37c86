/** What does a person read of a rotation? While it runs, one line a deed and a step; in the end one block a service. */
import { type TornWindow } from "../destinations";
import {
  type DeedName,
  type DeedReport,
  type RotationReport,
  type ServiceRotation,
  type StepName,
  type StepReport,
} from "../rotation/report";
import { describeRedeployments } from "../rotation/redeployment";
import { type UsageFinding } from "../rotation/usage";
import { hanging, WIDTH } from "./text";

/** The guide's five steps by their numbers; what goes to another destination than GitHub has none. */
const DEEDS: Readonly<Record<DeedName, { readonly number: string; readonly done: string }>> = {
  generate: { number: "1", done: "generated new credentials" },
  variables: { number: "2", done: "updated environment variables" },
  esc: { number: "3", done: "updated Pulumi ESC" },
  github: { number: "4", done: "synced to GitHub" },
  vercel: { number: " ", done: "synced to Vercel" },
  timestamp: { number: "5", done: "updated the rotation timestamp" },
};

/** Where two things have the same time. */
const ORDER: readonly (DeedName | StepName)[] = [
  ...(["stage", "generate", "verify", "promote", "confirm"] as const),
  ...(["variables", "esc", "github", "vercel", "timestamp", "drain", "retire"] as const),
];

/** A step that has just ended. */
export function formatStep(service: string, { step, detail }: StepReport, width: number = WIDTH): string {
  return hanging(`  ${service.padEnd(10)} ${step.padEnd(8)} `, detail, width);
}

/** A deed that is done. */
export function formatDeed(service: string, { deed, detail }: DeedReport, width: number = WIDTH): string {
  const { number, done } = DEEDS[deed];
  return hanging(`  ${service.padEnd(10)} ${number === " " ? "" : `${number}/5 `}${done}: `, detail, width);
}

/** The report as text for a terminal that is `width` columns wide. */
export function formatRotationReport(report: RotationReport, width: number = WIDTH): string {
  const { stack, services, ups, redeployments } = report;
  const seconds = ups.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  return [
    `Rotation on stack ${stack}: ${ups.length === 0 ? "no pulumi up" : `${ups.length} pulumi up in ${seconds.toFixed(1)} s`}`,
    ...(redeployments ? [hanging("Deployments at Vercel  ", describeRedeployments(redeployments), width)] : []),
    ...services.flatMap((one) => formatService(one, width)),
  ].join("\n");
}

function formatService(one: ServiceRotation, width: number): string[] {
  const { service, outcome, summary, from, to, bothAlive, tornWindows, instructions, next, usage } = one;
  const head = hanging(`${service.padEnd(10)} ${outcome.replaceAll("_", " ")}: `, summary, width);
  if (outcome === "nothing_due") return ["", head];
  // What a person has to hand over first, or again: no slot has changed.
  const isHandOver = outcome === "manual_pending" || outcome === "aborted";
  const isBegun = one.steps.length + one.deeds.length > 0 || !isHandOver;
  const alive = bothAlive
    ? `both alive from ${bothAlive.from} ${bothAlive.until ? `to ${bothAlive.until}` : "on"}`
    : "";
  return [
    "",
    head,
    ...(isBegun
      ? [`  slot ${from.slot} (generation ${from.generation}) → slot ${to.slot} (generation ${to.generation})`]
      : []),
    ...formatHistory(one, width),
    ...(alive === "" ? [] : [`     ${alive}`]),
    ...(usage ? [hanging("     ", describeUsage(usage), width)] : []),
    ...tornWindows.map((window) => hanging("     ", describeTornWindow(window), width)),
    ...instructions.map((sentence, index) => hanging(`  ${index === 0 ? "by hand: " : "         "}`, sentence, width)),
    ...(next === undefined ? [] : [`  next: ${next}`]),
  ];
}

/** Deeds and steps as they came; a step of which the deeds tell is not told twice. */
function formatHistory({ outcome, deeds, steps }: ServiceRotation, width: number): string[] {
  const told = (step: StepName) =>
    (step === "stage" && deeds.some(({ deed }) => deed === "generate")) ||
    (step === "promote" && deeds.some(({ deed }) => deed === "variables"));
  const events = [
    ...deeds.map(({ deed, at, detail }) => ({ name: deed, at, detail, ...DEEDS[deed] })),
    ...steps
      .filter(({ step }) => !told(step))
      .map(({ step, endedAt, detail }) => ({ name: step, at: endedAt, detail, number: " ", done: step })),
  ];
  events.sort((left, right) => left.at.localeCompare(right.at) || ORDER.indexOf(left.name) - ORDER.indexOf(right.name));
  const isDone = outcome === "rotated" || outcome === "draining";
  const missing = Object.entries(DEEDS).filter(
    ([name, { number }]) => number !== " " && !deeds.some(({ deed }) => deed === name),
  );
  return [
    ...events.map(({ number, done, at, detail }) =>
      hanging(`  ${number}  ${done.padEnd(31)} ${at.slice(11, 19)}  `, detail, width),
    ),
    ...(isDone || deeds.length === 0 || missing.length === 0
      ? []
      : [
          hanging(
            "  not done in this run: ",
            missing.map(([, { number, done }]) => `${number} ${done}`).join(", "),
            width,
          ),
        ]),
  ];
}

/** One sentence on a place that took a credential's variables one after the other. */
export function describeTornWindow({ place, milliseconds }: TornWindow): string {
  const time = milliseconds === 0 ? "less than a second" : `${(milliseconds / 1000).toFixed(1)} s`;
  return `${place} took them one after the other: for ${time} a reader got a pair that does not belong together`;
}

/** One sentence on whether the old credential was still used when it was to go. */
function describeUsage(usage: UsageFinding): string {
  if (usage.outcome === "unknown") return `whether the old credential is still used cannot be told: ${usage.reason}`;
  return usage.last === undefined
    ? "the service shows no use of the old credential"
    : `the old credential was last used at ${usage.last.at}`;
}
