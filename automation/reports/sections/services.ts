/** How does each service stand? One row each, with what its word rests on. */
import { type ServiceStanding, type StandingWord } from "../../report/standing";
import { type TestedService } from "../../report/saved-test";
import { type StackReport } from "../../report";
import { html, type Html } from "../html";
import { mark, section, table, type State } from "../page/parts";
import { count, plainWords, plural } from "../page/words";
import { rotationMark } from "./credentials";

/** How each word looks. */
export const STANDING_STATES: Readonly<Record<StandingWord, State>> = {
  "in order": "good",
  "needs attention": "warn",
  wrong: "bad",
  unknown: "unknown",
};

/** How each outcome of a test looks. */
export const OUTCOME_STATES: Readonly<Record<TestedService["outcome"], State>> = {
  passed: "good",
  rejected: "bad",
  unknown: "unknown",
};

/** The services. */
export function servicesSection({ services, credentials, toDos }: StackReport): Html {
  const rows = services.map((one) => {
    const credential = credentials.find(({ service }) => service === one.service);
    const own = toDos.filter((toDo) => toDo.level !== "note" && toDo.services.includes(one.service));
    return [
      one.title,
      html`${mark(STANDING_STATES[one.standing], one.standing)}${
        own.length > 0 && html`<small>${plural(own.length, "thing")} to do</small>`
      }`,
      credential
        ? html`${rotationMark(credential)}${credential.phase !== "idle" && html`<small>rotation ${plainWords(credential.phase)}</small>`}`
        : mark("none", "does not rotate"),
      copies(one),
      testCell(one),
    ];
  });
  const columns = ["Service", "Stands", "Credential", "Copies in step", "Newest test"];
  return section(
    "services",
    "Each service",
    table({ caption: "How each service stands", columns, groups: [{ rows }] }),
  );
}

function copies({ copies: all, inStep }: ServiceStanding): Html {
  if (all === 0) return mark("none", "none");
  return mark(inStep === all ? "same" : "different", `${count(inStep)} of ${count(all)}`);
}

function testCell({ test, isTestStale }: ServiceStanding): Html {
  if (!test) return mark("none", "not tested");
  const stale = isTestStale && html`<small>before its last rotation</small>`;
  return html`${mark(OUTCOME_STATES[test.outcome], test.outcome)}${stale}`;
}
