/** Where does a credential's material come from? The live slots of one service, each with the values of the variables that change together. */
import * as pulumi from "@pulumi/pulumi";
import { type ServiceIntake } from "../automation/esc/intake";
import { liveSlots, type RotationRecord } from "../automation/rotation/record";
import { type Settings } from "../automation/settings";
import { type Credential, type SlotName } from "../services/service";
import { materialOf } from "../services/select";
import { builders } from "./credentials/builders";
import { type Providers } from "./providers";

/** The values of one slot's variables, by name. */
export type SlotMaterial = Readonly<Record<string, pulumi.Input<string>>>;

/** A slot that is to exist. */
export interface LiveSlot {
  readonly slot: SlotName;
  /** A new number means new material. */
  readonly generation: number;
  /** What a person has put into the intake for it, if all of the credential's secrets are there. */
  readonly provided: Readonly<Record<string, string>> | undefined;
}

/** Arguments of {@link CredentialSlots}. */
export interface CredentialSlotsArgs {
  readonly service: string;
  readonly credential: Credential;
  readonly record: RotationRecord;
  readonly intake: ServiceIntake;
  readonly settings: Settings;
  readonly providers: Providers;
  /** Values of the service's plain variables, by name. */
  readonly values: Readonly<Record<string, string>>;
}

/** What a builder of one kind of credential gets to work with. */
export interface BuildContext<Kind extends Credential["kind"]> extends Omit<
  CredentialSlotsArgs,
  "credential" | "record" | "intake"
> {
  readonly name: string;
  readonly credential: Extract<Credential, { kind: Kind }>;
  readonly slots: readonly LiveSlot[];
  readonly parent: pulumi.Resource;
}

/** The material of a service's live slots: random passwords, tokens, or what a person provided. */
export class CredentialSlots extends pulumi.ComponentResource {
  /** By slot; a slot without material (nothing provided yet) is missing. */
  readonly material: Readonly<Partial<Record<SlotName, SlotMaterial>>>;
  /** The part of it that the program made; what a person provided stays in the intake. */
  readonly generated: Readonly<Partial<Record<SlotName, SlotMaterial>>>;

  constructor(name: string, args: CredentialSlotsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:CredentialSlots", name, {}, opts);
    const { credential, record, intake } = args;
    const slots = liveSlots(record).map((live) => ({
      ...live,
      provided: providedMaterial(credential, intake, live.slot),
    }));
    const build = builders[credential.kind] as (
      context: BuildContext<Credential["kind"]>,
    ) => [SlotName, SlotMaterial][];
    this.material = Object.fromEntries(build({ ...args, name, credential, slots, parent: this }));
    this.generated = credential.kind === "provided" ? {} : this.material;
    this.registerOutputs({ slots: Object.keys(this.material) });
  }
}

/** All of the slot's variables out of the intake, or nothing: half a credential is none. */
function providedMaterial(credential: Credential, { slots }: ServiceIntake, slot: SlotName) {
  const given = slots[slot];
  return given && materialOf(credential).every((variable) => given[variable]) ? given : undefined;
}
