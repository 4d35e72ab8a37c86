/** How is everything replaced at once? Without grace and without asking whether the old is still used; what waits for a person comes last. */
import { type Service } from "../../services/service";
import { AutomationError, EXIT } from "../errors";
import { Participant } from "./participant";
import { type RotationReport, type ServiceRotation } from "./report";
import { instructionsOf, summaryOf } from "./crew";
import { tryToRotate, type RotateOptions } from "./rotate";
import { type RotationContext } from "./world";

/** What to replace. */
export interface EmergencyOptions {
  readonly services: readonly Service[];
  readonly takeOver: boolean;
}

/** What came of it. An error that ended a part of it stands beside the report, which has that part's services as `stopped`. */
export interface EmergencyResult {
  readonly report: RotationReport;
  readonly error?: Error;
}

/** How often what is under way is gone on with, until the credential that it leaves in use can be replaced. */
const ROUNDS = 2;

/**
 * Rotates what needs no person first, then what a person hands over: an incident does not wait for a prompt. What was under way is finished before,
 * because the credential that it leaves in use may be the exposed one. Later reports of a service stand for earlier ones. Throws only where the
 * intake cannot be read in the beginning, when nothing was changed.
 */
export async function rotateAtOnce(
  { services, takeOver }: EmergencyOptions,
  createContext: () => RotationContext,
): Promise<EmergencyResult> {
  const first = createContext();
  const emergency = new Emergency(first, takeOver, createContext);
  const { intake } = await first.intake.require();
  const isByHand = (service: Service) => first.credentialOf(service).kind === "provided";
  for (const group of [services.filter((one) => !isByHand(one)), services.filter(isByHand)])
    if (!emergency.isInterrupted) await emergency.replace(group);
  const untouched = (service: Service, error: unknown) => {
    const one = new Participant(service, intake.rotation(service.name), intake.service(service.name), first);
    one.settle("stopped", summaryOf(error), instructionsOf(error));
    return one.report();
  };
  return emergency.result(services, untouched);
}

class Emergency {
  private readonly startedAt: string;
  private readonly reports: RotationReport[] = [];
  private readonly errors: Error[] = [];
  /** Those of which the credential in use was replaced, or it was tried. */
  private readonly begun = new Set<Service>();

  constructor(
    private readonly context: RotationContext,
    private readonly takeOver: boolean,
    private readonly createContext: () => RotationContext,
  ) {
    this.startedAt = context.timestamp();
  }

  /** The user wants it to end. */
  get isInterrupted(): boolean {
    return this.errors.some(
      (error) => (error instanceof AutomationError && error.exitCode === EXIT.cancelled) || error.name === "AbortError",
    );
  }

  /** Replaces each of the group; an error ends this group and no other one. */
  async replace(group: readonly Service[]): Promise<void> {
    try {
      for (let round = 1; round <= ROUNDS; round += 1) {
        const left = group.filter((service) => !this.begun.has(service));
        const underWay = await this.underWay(left);
        if (!(await this.rotate({ services: underWay, resumeOnly: true }))) return;
        const stillUnderWay = await this.underWay(left);
        const free = left.filter((service) => !stillUnderWay.includes(service));
        for (const service of free) this.begun.add(service);
        if (!(await this.rotate({ services: free }))) return;
      }
    } catch (error) {
      this.errors.push(error as Error);
    }
  }

  result(
    services: readonly Service[],
    untouched: (service: Service, error: unknown) => ServiceRotation,
  ): EmergencyResult {
    const { reports, errors } = this;
    const failure = reports.find((report) => report.failure !== undefined)?.failure;
    const last = errors.at(-1) ?? (failure && new AutomationError(failure));
    const report: RotationReport = {
      ...{ schema: "sophia-secrets/rotation", version: 1, stack: this.context.stackName },
      runId: reports.at(-1)?.runId ?? this.context.run().id,
      startedAt: this.startedAt,
      endedAt: this.context.timestamp(),
      services: services.map((service) => this.lastOf(service) ?? untouched(service, last)),
      ups: reports.flatMap(({ ups }) => ups),
      ...(failure ? { failure } : {}),
    };
    return { report, ...(errors[0] ? { error: errors[0] } : {}) };
  }

  /** The last that was done with it; an old rotation's end is no answer to an exposure. */
  private lastOf(service: Service): ServiceRotation | undefined {
    const own = this.reports.flatMap((report) => report.services.filter((one) => one.service === service.name));
    const last = own.filter(({ outcome }) => outcome !== "nothing_due").at(-1) ?? own.at(-1);
    if (!last || this.begun.has(service)) return last;
    const outcome = last.outcome === "rotated" ? "stopped" : last.outcome;
    return { ...last, outcome, summary: `${last.summary}; the credential in use was not replaced yet` };
  }

  private async underWay(services: readonly Service[]): Promise<Service[]> {
    if (services.length === 0) return [];
    const { intake } = await this.context.intake.require();
    return services.filter(({ name }) => intake.rotation(name).phase !== "idle");
  }

  /** One run; false where nothing may follow. What another run holds is left to that one, and the others are rotated without it. */
  private async rotate(options: Pick<RotateOptions, "services" | "resumeOnly">): Promise<boolean> {
    if (options.services.length === 0) return true;
    const all = { ...options, graceMs: 0, force: true, takeOver: this.takeOver };
    const { report, error } = await tryToRotate(all, this.createContext());
    this.reports.push(report);
    if (error === undefined) return report.failure === undefined;
    this.errors.push(error);
    if (!(error instanceof AutomationError) || error.code !== "rotation.locked") return false;
    return this.rotate({ ...options, services: options.services.filter(({ name }) => name !== error.service) });
  }
}
