/** How is everything replaced at once? Without grace and without asking whether the old is still used; what waits for a person comes last. */
import { type Service } from "../../services/service";
import { type RotationContext } from "./participant";
import { type RotationReport } from "./report";
import { rotate } from "./rotate";

/** What to replace. */
export interface EmergencyOptions {
  readonly services: readonly Service[];
  readonly takeOver: boolean;
}

/**
 * Rotates what needs no person first, then what a person hands over: an incident does not wait for a prompt. What was under way is finished before,
 * because the credential that it leaves in use may be the exposed one. Later reports of a service stand for earlier ones.
 */
export async function rotateAtOnce(
  { services, takeOver }: EmergencyOptions,
  createContext: () => RotationContext,
): Promise<RotationReport> {
  const reports: RotationReport[] = [];
  const first = createContext();
  const isByHand = (service: Service) => first.credentialOf(service).kind === "provided";
  const groups = [services.filter((one) => !isByHand(one)), services.filter(isByHand)];
  for (const group of groups.filter(({ length }) => length > 0)) {
    const options = { services: group, graceMs: 0, force: true, takeOver };
    reports.push(await rotate({ ...options, resumeOnly: true }, createContext()));
    if (!reports.at(-1)?.failure) reports.push(await rotate(options, createContext()));
  }
  return merge(reports, services);
}

/** One report of several runs: of each service the last one that did something. */
function merge(reports: readonly RotationReport[], services: readonly Service[]): RotationReport {
  const [first, last] = [reports[0], reports.at(-1)];
  if (!first || !last) throw new Error("an emergency rotation of no service");
  const found = services.flatMap(({ name }) => {
    const own = reports.flatMap((report) => report.services.filter(({ service }) => service === name));
    return own.filter(({ outcome }) => outcome !== "nothing_due").at(-1) ?? own.at(-1) ?? [];
  });
  const failure = reports.find((report) => report.failure !== undefined)?.failure;
  const ups = reports.flatMap((report) => report.ups);
  return { ...last, startedAt: first.startedAt, services: found, ups, ...(failure ? { failure } : {}) };
}
