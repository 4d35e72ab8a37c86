/** What does a rotation act on? The outside world as its driver sees it: ESC, Pulumi, the services, the person who helps, and the time. */
import { type Credential, type Service, type SlotName, type Usage } from "../../services/service";
import { type DestinationReader } from "../destinations";
import { type IntakeStore } from "../esc/store";
import { type ProbeResult } from "../probes/result";
import { type Redeployment } from "../redeploy";
import { type UpRun } from "../stack";
import { type InterruptedSlot } from "./leftovers";
import { type SlotAhead } from "./obstacles";
import { type DeedReport, type StepName, type StepReport } from "./report";
import { type Run } from "./transitions";
import { type LastUses, type UsageQuestion } from "./usage";

/** What a consumer sees on opening the published environment, and the slots of the environments that it imports. Values: never print. */
export interface PublishedValues {
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Service → slot → variable → value. */
  readonly slots: Readonly<Record<string, Readonly<Partial<Record<SlotName, Readonly<Record<string, string>>>>>>>;
}

/** The person (or the sandbox's admin) who makes credentials that no API makes. */
export interface Assistant {
  /** The new credential's values, or undefined when nobody hands them over now. */
  provide(service: Service, credential: Credential): Promise<Readonly<Record<string, string>> | undefined>;
  /** Ends the old credential at the service; false when a person still has to. */
  retire(service: Service, values: Readonly<Record<string, string>>): Promise<boolean>;
}

/** The world that a rotation acts on. */
export interface RotationContext {
  readonly stackName: string;
  readonly intake: IntakeStore;
  readonly destinations: DestinationReader;
  readonly assistant: Assistant;
  /** The credential that the stack's settings choose for the service. */
  readonly credentialOf: (service: Service) => Credential;
  /** One sentence on why the slot that the service would stage must be left alone; undefined where nothing is in the way. */
  readonly findObstacle: (ahead: SlotAhead) => Promise<string | undefined>;
  /** Removes what a run that died while it made a credential left at the service; a sentence for each. */
  readonly clearLeftovers: (interrupted: InterruptedSlot) => Promise<readonly string[]>;
  readonly up: (step: StepName) => Promise<UpRun>;
  readonly openPublished: () => Promise<PublishedValues>;
  readonly probe: (
    service: Service,
    values: Readonly<Record<string, string>>,
    options: { readonly retryRejected: number },
  ) => Promise<ProbeResult>;
  /** When the old and the new credential were last used, as the service says. Throws where it does not answer. */
  readonly lastUses: (usage: Usage, question: UsageQuestion) => Promise<LastUses>;
  /** Builds what runs at Vercel again and waits for it. */
  readonly redeploy: () => Promise<readonly Redeployment[]>;
  /** `VARIABLE at PLACE` for each of the variables that somebody else has written since we did. Throws where a place does not answer. */
  readonly findOutsideEdits: (variables: readonly string[]) => Promise<readonly string[]>;
  /** This process, with the time of the present heartbeat. */
  readonly run: () => Run;
  /** Whether the process that holds a record is known to have ended. */
  readonly hasEnded: (run: Run) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Now as ISO time. */
  readonly timestamp: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Tells the user of a step that ended. */
  readonly tell: (service: string, step: StepReport) => void;
  /** Tells the user of a deed that is done. */
  readonly tellDeed: (service: string, deed: DeedReport) => void;
}
