/** Is any consumer ever refused? A program that opens the published environment and uses every credential, over and over. */
import { services } from "../services";
import { type Service } from "../services/service";
import { type Session } from "../automation/session";
import { type ConsumerReport } from "./tour-report";

/** A consumer at work. */
export interface PollingConsumer {
  /** Ends after the present round and says what it saw. Throws when it could not even read the published environment. */
  stop(): Promise<readonly ConsumerReport[]>;
}

/** Starts polling: every round opens the environment anew, as a program that has just started would. */
export function startConsumer(session: Session, catalogue: readonly Service[] = services): PollingConsumer {
  const rotating = catalogue.filter(({ rotation }) => rotation !== undefined);
  const counts = new Map(rotating.map(({ name }) => [name, { uses: 0, refusals: 0, unknown: 0 }]));
  let stopped = false;
  const rounds = (async () => {
    while (!stopped) {
      const { environmentVariables } = await session.openPublished();
      const results = await Promise.all(rotating.map((service) => session.probe(service, environmentVariables)));
      for (const { service, outcome } of results) {
        const count = counts.get(service);
        if (!count) continue;
        count.uses += 1;
        if (outcome === "rejected") count.refusals += 1;
        if (outcome === "unknown") count.unknown += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  // An early failure is told by stop(); until then nobody awaits it.
  rounds.catch(() => undefined);
  return {
    stop: async () => {
      stopped = true;
      await rounds;
      return [...counts].map(([service, count]) => ({ service, ...count }));
    },
  };
}
