/** How does each service stand, and the whole stack? One word each: never better than the gravest thing to do. */
import { variablesOf } from "../../services/select";
import { type Service } from "../../services/service";
import { type Audit } from "../audit";
import { type ServiceFindings } from "../audit/services";
import { isStale, type ToDo } from "./to-dos";
import { type NewestTest, type TestedService } from "./saved-test";

/** In one word. `unknown`: nothing wrong was seen, and not all could be looked at. */
export type StandingWord = "in order" | "needs attention" | "wrong" | "unknown";

/** One service. */
export interface ServiceStanding {
  readonly service: string;
  readonly title: string;
  readonly standing: StandingWord;
  /** Copies of its variables at all places, and how many of them are in step. */
  readonly copies: number;
  readonly inStep: number;
  /** Its result in the newest test. */
  readonly test?: TestedService;
  /** It is of a credential that has been replaced since. */
  readonly isTestStale?: boolean;
}

/** The stack in one sentence. */
export interface Verdict {
  readonly standing: StandingWord;
  readonly sentence: string;
}

/** How each service stands. */
export function standingsOf(
  catalogue: readonly Service[],
  { services, places }: Audit,
  test: NewestTest,
  toDos: readonly ToDo[],
): ServiceStanding[] {
  return catalogue.map((service) => {
    const names = variablesOf(service).map(({ name }) => name);
    const cells = places.flatMap((place) => place.variables.filter(({ variable }) => names.includes(variable)));
    const audited = services.find((one) => one.service === service.name);
    const own = toDos.filter((one) => one.services.includes(service.name));
    const isUnknown = (audited?.unknown.length ?? 0) > 0 || cells.some(({ status }) => status === "unknown");
    return {
      service: service.name,
      title: service.title,
      standing: worstOf(own, isUnknown),
      copies: cells.length,
      inStep: cells.filter(({ status }) => status === "in step").length,
      ...testOf(service.name, test, audited),
    };
  });
}

function testOf(name: string, test: NewestTest, audited: ServiceFindings | undefined) {
  const tested = test.state === "read" ? test.services.find(({ service }) => service === name) : undefined;
  if (!tested || test.state !== "read") return {};
  return { test: tested, ...(isStale(test.timestamp, audited?.rotatedAt) ? { isTestStale: true } : {}) };
}

function worstOf(toDos: readonly ToDo[], isUnknown: boolean): StandingWord {
  if (toDos.some(({ level }) => level === "error")) return "wrong";
  if (toDos.some(({ level }) => level === "warning")) return "needs attention";
  return isUnknown ? "unknown" : "in order";
}

/** The verdict. Good only where everything was looked at, the services with what programs read included. */
export function verdictOf(audit: Audit, standings: readonly ServiceStanding[], toDos: readonly ToDo[]): Verdict {
  const { stack, findings } = audit;
  if (findings.some(({ rule }) => rule === "not-set-up"))
    return { standing: "wrong", sentence: `Stack ${stack} is not set up yet.` };
  const count = (level: ToDo["level"]) => toDos.filter((one) => one.level === level).length;
  const [wrong, attention] = [count("error"), count("warning")];
  const more = attention === 0 ? "" : `, and ${needing(attention)}`;
  if (wrong > 0) {
    const what = wrong === 1 ? "One thing is wrong" : `${wrong} things are wrong`;
    return { standing: "wrong", sentence: `${what} on stack ${stack}${more}.` };
  }
  if (attention > 0)
    return { standing: "needs attention", sentence: `Nothing is wrong on stack ${stack}, but ${needing(attention)}.` };
  const tested = standings.filter(({ test, isTestStale }) => test && !isTestStale);
  if (standings.some(({ standing }) => standing === "unknown") || tested.length === 0)
    return { standing: "unknown", sentence: `Nothing wrong was seen on stack ${stack}, but not all was looked at.` };
  return { standing: "in order", sentence: `All is in order on stack ${stack}.` };
}

function needing(number: number): string {
  return number === 1 ? "one thing needs attention" : `${number} things need attention`;
}
