/** How does a stack stand, at a glance and in detail? The data of `report`: everything that its page shows. */
import { type Service } from "../services/service";
import { type Audit } from "./audit";
import { AutomationError } from "./errors";
import { historyOf, type ServiceHistory } from "./rotation/history";
import { readHistory } from "./rotation/read-history";
import { standingsOf, verdictOf, type ServiceStanding, type Verdict } from "./report/standing";
import { type NewestTest } from "./report/saved-test";
import { toDosOf, type ToDo } from "./report/to-dos";
import { type Session } from "./session";

/** The rotations over time. Times are ISO 8601. */
export type StackHistory =
  | {
      readonly state: "read";
      /** The oldest revision that was read; missing where there is none. */
      readonly since?: string;
      /** There are older ones. */
      readonly isCut: boolean;
      readonly services: readonly ServiceHistory[];
    }
  | { readonly state: "unreadable"; readonly reason: string };

/** The report. No field holds a value of a secret. */
export interface StackReport extends Pick<
  Audit,
  "organization" | "stack" | "timestamp" | "places" | "importers" | "tokens"
> {
  readonly schema: "sophia-secrets/report";
  readonly version: 1;
  readonly verdict: Verdict;
  /** The gravest first. */
  readonly toDos: readonly ToDo[];
  readonly services: readonly ServiceStanding[];
  /** The credentials that rotate, with their ages. */
  readonly credentials: Audit["services"];
  readonly history: StackHistory;
  readonly test: NewestTest;
}

/** Puts the report together; asks nobody. */
export function stackReport(
  catalogue: readonly Service[],
  audit: Audit,
  history: StackHistory,
  test: NewestTest,
): StackReport {
  const { organization, stack, timestamp, places, importers, tokens, services: credentials } = audit;
  const toDos = toDosOf(audit, test);
  const services = standingsOf(catalogue, audit, test, toDos);
  return {
    ...{ schema: "sophia-secrets/report", version: 1, timestamp, organization, stack },
    verdict: verdictOf(audit, services, toDos),
    ...{ toDos, services, credentials, history, places, importers, tokens, test },
  };
}

/** Reads the history of the services that rotate. What was foreseen to fail is a value: the rest of the report stands without it. */
export async function stackHistory(session: Session, catalogue: readonly Service[]): Promise<StackHistory> {
  try {
    const { revisions, isCut } = await readHistory(session.esc, session.settings.environments.intake);
    const since = revisions[0]?.at;
    return {
      state: "read",
      ...(since === undefined ? {} : { since }),
      isCut,
      services: catalogue
        .filter(({ rotation }) => rotation !== undefined)
        .map(({ name }) => historyOf(name, revisions)),
    };
  } catch (error) {
    if (!(error instanceof AutomationError)) throw error;
    return { state: "unreadable", reason: error.message };
  }
}
