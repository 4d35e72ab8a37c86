/** What does a person see of a stack? One self-contained page: the verdict, what to do, and then everything that it rests on. */
import { type RotationStatus } from "../audit/ages";
import { type StackReport } from "../report";
import { type ToDo } from "../report/to-dos";
import { html, type Html } from "./html";
import { renderDocument } from "./page/document";
import { glance, ratio, type Figure } from "./page/glance";
import { mark } from "./page/parts";
import { list, moment, plural } from "./page/words";
import { credentialsSection } from "./sections/credentials";
import { matrixSection, tallyOf } from "./sections/matrix";
import { servicesSection, STANDING_STATES } from "./sections/services";
import { testSection } from "./sections/test";
import { timelineSection } from "./sections/timeline";
import { toDoSection } from "./sections/todo";
import { tokensSection } from "./sections/tokens";

const CONTENTS = [
  ["todo", "What to do"],
  ["services", "Services"],
  ["timeline", "Rotations"],
  ["ages", "Ages"],
  ["places", "Where each variable is"],
  ["test", "Newest test"],
  ["tokens", "Tokens"],
] as const;

/** Statuses of a credential that has not reached its greatest age. */
const IN_TIME: readonly RotationStatus[] = ["OK", "DUE SOON"];

/** Makes the page, a whole HTML document. The same report makes the same page on every machine. */
export function reportPage(report: StackReport): string {
  const { stack, verdict, toDos, credentials, tokens, schema, version } = report;
  return renderDocument({
    title: `${stack}: ${verdict.standing}`,
    header: pageHeader(report),
    contents: CONTENTS.filter(([id]) => id !== "tokens" || tokens.length > 0),
    main: html`${toDoSection(toDos)} ${servicesSection(report)} ${timelineSection(report)}
    ${credentialsSection(credentials)} ${matrixSection(report)} ${testSection(report)} ${tokensSection(tokens)}`,
    footer: html`Made by <code>sophia-secrets report</code> (${schema}, version ${version}). It has names, times and
      fingerprints, never a value.`,
  });
}

function pageHeader(report: StackReport): Html {
  const { organization, stack, timestamp, verdict, toDos } = report;
  const [first] = toDos.filter(({ level }) => level !== "note");
  return html`<p class="eyebrow">sophia-secrets report: stack ${stack} of ${organization}</p>
    <h1>${mark(STANDING_STATES[verdict.standing], verdict.sentence)}</h1>
    <p class="lead">${first && html`First: ${first.message} <a href="#todo">(how)</a>. `}As of ${moment(timestamp)}.</p>
    ${glance(figuresOf(report))}`;
}

function figuresOf({ services, credentials, places, toDos, test }: StackReport): Figure[] {
  const count = (level: ToDo["level"]) => toDos.filter((one) => one.level === level).length;
  const [wrong, attention] = [count("error"), count("warning")];
  const late = credentials.filter(({ status, unknown }) => !IN_TIME.includes(status) || unknown.includes("rotation"));
  const underWay = credentials.filter(({ phase }) => phase !== "idle" && phase !== "unknown");
  return [
    {
      name: "To do",
      value: wrong + attention === 0 ? "nothing" : plural(wrong + attention, "thing"),
      state: wrong > 0 ? "bad" : attention > 0 ? "warn" : "good",
      word: wrong > 0 ? `${wrong} wrong now` : "nothing wrong now",
    },
    without("Services in order", services, ({ standing }) => standing === "in order"),
    without("Credentials in time", credentials, (one) => !late.includes(one)),
    copiesFigure(places),
    {
      name: "Rotations under way",
      value: String(underWay.length),
      state: underWay.length > 0 ? "warn" : "good",
      word: underWay.length > 0 ? list(underWay.map(({ title }) => title)) : "none",
    },
    testFigure(services, test),
  ];
}

/** So many of all; those that are not are named. */
function without<T extends { readonly title: string }>(name: string, all: readonly T[], isFine: (one: T) => boolean) {
  const others = all.filter((one) => !isFine(one)).map(({ title }) => title);
  return ratio(name, all.length - others.length, all.length, "all", `not ${list(others)}`);
}

function copiesFigure(places: StackReport["places"]): Figure {
  const tally = [...tallyOf(places)].filter(([, number]) => number > 0);
  const copies = tally.reduce((sum, [, number]) => sum + number, 0);
  const others = tally.filter(([status]) => status !== "in step").map(([status, number]) => `${number} ${status}`);
  const inStep = tally.find(([status]) => status === "in step")?.[1] ?? 0;
  return ratio("Copies in step", inStep, copies, "at every place", list(others));
}

function testFigure(services: StackReport["services"], test: StackReport["test"]): Figure {
  const name = "Services that answer";
  if (test.state !== "read") return { name, value: "not known", state: "unknown", word: "no test" };
  const tested = services.filter((one) => one.test !== undefined);
  const figure = without(name, tested, (one) => one.test?.outcome === "passed");
  return figure.state === "good" ? { ...figure, word: `tested ${test.timestamp.slice(0, 10)}` } : figure;
}
