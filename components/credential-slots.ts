/** Where does a credential's material come from? The live slots of one service, each with the values of the variables that change together. */
import * as pulumi from "@pulumi/pulumi";
import { type ServiceIntake } from "../automation/esc/intake";
import { liveSlots, type RotationRecord } from "../automation/rotation/record";
import { type Settings } from "../automation/settings";
import { type Credential, type Service, type SlotName } from "../services/service";
import { credentialBy, materialOf } from "../services/select";
import { builders } from "./credentials/builders";
import { type Providers } from "./providers";

/** The values of one slot's variables, by name. */
export type SlotMaterial = Readonly<Record<string, pulumi.Input<string>>>;

/** A slot that is to exist. */
export interface LiveSlot<Kind extends Credential["kind"] = Credential["kind"]> {
  readonly slot: SlotName;
  /** By the strategy with which the slot was staged. */
  readonly credential: Extract<Credential, { kind: Kind }>;
  /** A new number means new material. */
  readonly generation: number;
  /** What a person has put into the intake for it, if all of the credential's secrets are there. */
  readonly provided: Readonly<Record<string, string>> | undefined;
}

/** Arguments of {@link CredentialSlots}. */
export interface CredentialSlotsArgs {
  readonly service: Service;
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
  "service" | "record" | "intake"
> {
  readonly name: string;
  /** Those of this kind. */
  readonly slots: readonly LiveSlot<Kind>[];
  readonly parent: pulumi.Resource;
}

type Built = readonly (readonly [SlotName, SlotMaterial])[];

/** The material of a service's live slots: random passwords, tokens, or what a person provided. */
export class CredentialSlots extends pulumi.ComponentResource {
  /** By slot; a slot without material (nothing provided yet) is missing. */
  readonly material: Readonly<Partial<Record<SlotName, SlotMaterial>>>;
  /** The part of it that the program made; what a person provided stays in the intake. */
  readonly generated: Readonly<Partial<Record<SlotName, SlotMaterial>>>;

  constructor(name: string, args: CredentialSlotsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:CredentialSlots", name, {}, opts);
    const { service, record, intake, ...rest } = args;
    const slots = liveSlots(record).map(({ slot, generation, strategy }): LiveSlot => {
      const credential = requireCredential(service, strategy);
      return { slot, generation, credential, provided: providedMaterial(credential, intake, slot) };
    });
    const kinds = [...new Set(slots.map(({ credential }) => credential.kind))];
    const built = kinds.flatMap((kind) => {
      const build = builders[kind] as (context: BuildContext<Credential["kind"]>) => Built;
      return build({ ...rest, name, parent: this, slots: slots.filter(({ credential }) => credential.kind === kind) });
    });
    const isGenerated = (slot: SlotName) =>
      slots.some((live) => live.slot === slot && live.credential.kind !== "provided");
    this.material = Object.fromEntries(built);
    this.generated = Object.fromEntries(built.filter(([slot]) => isGenerated(slot)));
    this.registerOutputs({ slots: Object.keys(this.material) });
  }
}

function requireCredential(service: Service, strategy: string | undefined): Credential {
  const credential = credentialBy(service, strategy);
  if (credential) return credential;
  throw new Error(`service ${service.name}: a slot is recorded with the strategy ${strategy}, which there is not`);
}

/** All of the slot's variables out of the intake, or nothing: half a credential is none. */
function providedMaterial(credential: Credential, { slots }: ServiceIntake, slot: SlotName) {
  const given = slots[slot];
  return given && materialOf(credential).every((variable) => given[variable]) ? given : undefined;
}
