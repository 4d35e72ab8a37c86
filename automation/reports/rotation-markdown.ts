/** What does a job's summary say of a rotation? */
import { type RotationReport, type ServiceRotation } from "../rotation/report";
import { block, code, paragraphs, prose, table } from "./markdown";

/** The report as Markdown: one row a service, and below what a person has to do. */
export function rotationMarkdown({ stack, services, ups }: RotationReport): string {
  const seconds = ups.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const isQuiet = services.every(({ outcome }) => outcome === "nothing_due");
  return paragraphs(
    `### Rotation of stack ${prose(stack)}`,
    isQuiet ? "Nothing was due." : `${ups.length} times \`pulumi up\`, ${seconds.toFixed(1)} s.`,
    table(
      ["service", "outcome", "slots", "what"],
      services.map(({ service, outcome, summary, from, to }) => [
        prose(service),
        prose(outcome.replaceAll("_", " ")),
        outcome === "nothing_due" ? "" : `${from.slot} (${from.generation}) → ${to.slot} (${to.generation})`,
        prose(summary),
      ]),
    ),
    ...services.flatMap(toDo),
  );
}

function toDo({ service, instructions, next }: ServiceRotation): string[] {
  if (instructions.length === 0 && next === undefined) return [];
  const sentences = instructions.map((sentence) => `- ${prose(sentence)}`).join("\n");
  return [
    `**${prose(service)}**: what is left to do${next === undefined ? "" : `, then ${code(next)}`}`,
    ...(sentences === "" ? [] : [sentences]),
  ];
}

/** A plan or a schedule, which is a table already. */
export function rotationTextMarkdown(title: string, text: string): string {
  return paragraphs(`### ${prose(title)}`, block(text));
}
