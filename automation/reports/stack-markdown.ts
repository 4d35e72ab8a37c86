/** What does a job's summary say of a preview or an `up`, or of the error that ended a command? */
import { type AutomationError } from "../errors";
import { type StackRun } from "../stack";
import { block, code, paragraphs, prose, table } from "./markdown";

/** A run of the engine, as Markdown. `title` is `Preview of stack development`. */
export function stackMarkdown(title: string, { changes, unchanged, durationMs, violations }: StackRun): string {
  const count = changes.length === 0 ? "Nothing changes" : `**${changes.length}** changed`;
  return paragraphs(
    `### ${prose(title)}`,
    `${count}, ${unchanged} unchanged, ${(durationMs / 1000).toFixed(1)} s. ${policySentence(violations)}`.trim(),
    table(
      ["", "resource", "type"],
      changes.map(({ op, name, type }) => [prose(op), code(name), code(type)]),
    ),
    table(
      ["policy", "resource", "what"],
      (violations ?? []).map(({ policy, resource, message }) => [
        code(policy),
        resource === undefined ? "" : code(resource),
        prose(message),
      ]),
    ),
  );
}

function policySentence(violations: StackRun["violations"]): string {
  if (!violations) return "";
  return violations.length === 0 ? "All policies are kept." : `${violations.length} remarks of policies.`;
}

/** What ended a command, as Markdown. */
export function failureMarkdown(title: string, { code: word, exitCode, message, hint }: AutomationError): string {
  return paragraphs(
    `### ${prose(title)}: failed`,
    `Exit code ${exitCode}, ${code(word)}.`,
    block(message),
    hint === undefined ? "" : prose(hint),
  );
}
