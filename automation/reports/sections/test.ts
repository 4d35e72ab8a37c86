/** Do the services take what programs read? The newest test's results. */
import { findService } from "../../../services/select";
import { type StackReport } from "../../report";
import { html, link, type Html } from "../html";
import { mark, note, section, sentences, table } from "../page/parts";
import { moment } from "../page/words";
import { OUTCOME_STATES } from "./services";

/** The newest test. */
export function testSection({ test, services }: StackReport): Html {
  const title = "The newest test";
  if (test.state !== "read") {
    const why = test.state === "none" ? "None was saved here." : `${test.file} cannot be read: ${test.reason}.`;
    return section("test", title, html`<p>${mark("unknown", "Not known")}: ${why}</p>`);
  }
  const stale = new Set(services.filter(({ isTestStale }) => isTestStale).map(({ service }) => service));
  const rows = test.services.map(({ service, outcome, reason = "", advice }) => [
    serviceName(service),
    html`${mark(OUTCOME_STATES[outcome], outcome)}${stale.has(service) && html`<small>before its last rotation</small>`}`,
    html`${reason}${outcome !== "passed" && advice.length > 0 && sentences(advice)}`,
  ]);
  const columns = ["Service", "Result", "What was found"];
  return section(
    "test",
    title,
    html`<p>
      ${moment(test.timestamp)}${test.file === undefined ? ", run for this page" : html`, from <code>${test.file}</code>`}.
      A test logs in to each service with what programs read, and makes a small request.
      ${test.stack === undefined && "Of which stack this one is, it does not say."}
    </p>`,
    rows.length === 0
      ? note("It tested nothing.")
      : table({ caption: "Results of the newest test", columns, groups: [{ rows }] }),
  );
}

function serviceName(name: string): Html {
  const service = findService(name);
  return service ? html`${service.title}<small>${link(service.docs, "documentation")}</small>` : html`${name}`;
}
