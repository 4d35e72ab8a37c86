/** How does a person in a browser read an audit? One self-contained page: no scripts, no loads, everything from the stores escaped. */
import { type Audit } from "../audit";
import { findingsToDo } from "../report/to-dos";
import { credentialsSection } from "./sections/credentials";
import { matrixSection } from "./sections/matrix";
import { toDoSection } from "./sections/todo";
import { freshnessSection, tokensSection } from "./sections/tokens";
import { html } from "./html";
import { renderDocument } from "./page/document";
import { moment, plural } from "./page/words";

const CONTENTS = [
  ["todo", "What to do"],
  ["ages", "Ages"],
  ["places", "Where each variable is"],
  ["tokens", "Tokens"],
  ["written", "Last written"],
] as const;

/** Makes the page, a whole HTML document. The same audit makes the same page on every machine. */
export function auditPage(audit: Audit): string {
  const { stack, organization, timestamp, offline, findings, services, tokens } = audit;
  const count = (level: string, word: string) => plural(findings.filter((one) => one.level === level).length, word);
  return renderDocument({
    title: `Audit of ${stack}: ${plural(findings.length, "finding")}`,
    header: html`<p class="eyebrow">sophia-secrets audit</p>
      <h1>Audit of stack ${stack} of ${organization}</h1>
      <p class="lead">
        ${moment(timestamp)}. ${count("error", "error")}, ${count("warning", "warning")}, ${count("note", "note")}.
        ${offline && "Offline: nothing but Pulumi's state was looked at."}
      </p>`,
    contents: CONTENTS.filter(([id]) => id !== "tokens" || tokens.length > 0),
    main: html`${toDoSection(findingsToDo(findings))} ${credentialsSection(services)} ${matrixSection(audit)}
    ${tokensSection(tokens)} ${freshnessSection(audit)}`,
    footer: html`Made by <code>sophia-secrets audit --format html</code>. It has names and times, never a value.`,
  });
}
