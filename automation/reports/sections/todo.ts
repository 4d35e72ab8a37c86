/** What needs doing? What is wrong first, each with the command that mends it. */
import { type FindingLevel } from "../../audit/findings";
import { type ToDo } from "../../report/to-dos";
import { html, type Html } from "../html";
import { commandLine, mark, section, sentence, type State } from "../page/parts";
import { plural } from "../page/words";

/** How each level is called, and how it looks. */
const LEVELS: Readonly<Record<FindingLevel, { readonly state: State; readonly title: string }>> = {
  error: { state: "bad", title: "Wrong now" },
  warning: { state: "warn", title: "Needs attention" },
  note: { state: "none", title: "Good to know" },
};

/** The list: a part for each level, of which there are any. */
export function toDoSection(toDos: readonly ToDo[]): Html {
  const levels = (Object.keys(LEVELS) as FindingLevel[]).filter((level) => toDos.some((one) => one.level === level));
  return section(
    "todo",
    "What to do",
    toDos.length === 0
      ? html`<p>Nothing.</p>`
      : levels.map((level) =>
          levelList(
            level,
            toDos.filter((one) => one.level === level),
          ),
        ),
  );
}

function levelList(level: FindingLevel, toDos: readonly ToDo[]): Html {
  const { state, title } = LEVELS[level];
  return html`<h3>${mark(state, title)} <span class="quiet">${plural(toDos.length, "thing")}</span></h3>
    <ol class="todo">
      ${toDos.map(
        ({ message, reason, command }) =>
          html`<li>
            <p><strong>${message}.</strong> <span class="quiet">${sentence(reason)}</span></p>
            ${commandLine(command)}
          </li> `,
      )}
    </ol> `;
}
