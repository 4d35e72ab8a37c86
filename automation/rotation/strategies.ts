/**
 * By which strategy is a service's credential made? Each slot keeps the one with which it was staged, so a setting that changes shows first at the
 * next rotation. The first slot of all was never staged: its strategy is noted before the first `up`, unless it is the service's first one.
 */
import { services } from "../../services";
import { type Credential, type Service, type SlotName } from "../../services/service";
import { credentialBy, credentialVariables, strategyOf } from "../../services/select";
import { usageError, type AutomationError } from "../errors";
import { type Intake } from "../esc/intake";
import { type Session } from "../session";
import { type Settings } from "../settings";
import { endsOf, type RotationRecord } from "./record";
import { recordEdits } from "./transitions";

/** What the settings ask for and the next rotation does. */
export interface PendingMove {
  readonly from: string;
  readonly to: string;
}

type Chosen = Pick<Settings, "strategies">;

/** The credentials of a rotation: `former` by the strategy of the old slot, `next` by that of the new one, which may be another. */
export interface RotationCredentials {
  readonly former: Credential;
  readonly next: Credential;
  /** The names of the variables that change: get another value, appear or disappear. */
  readonly variables: readonly string[];
}

/** Those of the rotation that is under way, which goes on as it was staged whatever the settings say now, or of the next one. */
export function rotationCredentials(
  service: Service,
  record: RotationRecord,
  { credentialOf }: { readonly credentialOf: (service: Service) => Credential },
): RotationCredentials {
  const { from, to } = endsOf(record);
  const chosen = credentialOf(service);
  const recorded = (slot: SlotName) => credentialBy(service, record.slots[slot]?.strategy) ?? chosen;
  const former = recorded(from);
  const next = record.phase === "idle" ? chosen : recorded(to);
  const variables = new Set([former, next].flatMap((credential) => credentialVariables(service, credential)));
  return { former, next, variables: [...variables] };
}

/** The credential that consumers read; undefined for a service that does not rotate. */
export function credentialInUse(service: Service, record: RotationRecord): Credential | undefined {
  return credentialBy(service, record.slots[record.current]?.strategy);
}

/** The credential whose material is put in for the current slot: the one in use, or before the first `up` the one that the settings choose. */
export function credentialAtHand(
  service: Service,
  record: RotationRecord,
  { credentialOf }: { readonly credentialOf: (service: Service) => Credential },
  isPublished: boolean,
): Credential {
  const isMade = isPublished || record.slots[record.current]?.strategy !== undefined;
  return (isMade ? credentialInUse(service, record) : undefined) ?? credentialOf(service);
}

/** The name of the strategy by which the credential that consumers read was made; undefined for a service that has no choice. */
export function strategyInUse({ rotation }: Service, record: RotationRecord): string | undefined {
  if (!rotation || Object.keys(rotation.strategies).length < 2) return undefined;
  return strategyOf(rotation, record.slots[record.current]?.strategy);
}

/** The moves that the settings ask for and the next rotations do, by service. A stack that was never brought about has none. */
export async function findPendingMoves(
  { settings, esc }: Pick<Session, "settings" | "esc">,
  intake: Intake,
): Promise<ReadonlyMap<string, PendingMove>> {
  const moves = (services as readonly Service[]).flatMap((service) => {
    const from = strategyInUse(service, intake.rotation(service.name));
    const to = settings.strategies[service.name];
    return from === undefined || to === undefined || from === to ? [] : [[service.name, { from, to }] as const];
  });
  if (moves.length === 0) return new Map();
  const undecided = undecidedServices(intake, settings).map(({ name }) => name);
  const isMade = undecided.length === 0 || (await esc.read(settings.environments.published)) !== undefined;
  return new Map(moves.filter(([name]) => isMade || !undecided.includes(name)));
}

/** The services whose first credential is to be made by a strategy that no record names yet. Where something is published, they are made already. */
export function undecidedServices(intake: Intake, { strategies }: Chosen): readonly Service[] {
  return (services as readonly Service[]).filter((service) => {
    const { current, slots } = intake.rotation(service.name);
    const chosen = strategies[service.name];
    const isNamed = slots[current]?.strategy !== undefined;
    return service.rotation && chosen !== undefined && !isNamed && chosen !== strategyOf(service.rotation, undefined);
  });
}

/** The intake as it will be when {@link noteFirstStrategies} has run: for a preview of the very first `up`. */
export function withFirstStrategies(intake: Intake, chosen: Chosen): Intake {
  const undecided = undecidedServices(intake, chosen).map(({ name }) => name);
  const decide = (name: string) => withStrategy(intake.rotation(name), chosen.strategies[name]);
  return { ...intake, rotation: (name) => (undecided.includes(name) ? decide(name) : intake.rotation(name)) };
}

/** Why the program cannot make a stack's first credentials: it writes no intake, and would not know at its second run what it did at the first. */
export function undecidedError(undecided: readonly Service[], stack: string): AutomationError {
  const titles = undecided.map(({ title }) => title).join(", ");
  return usageError(
    "strategy.undecided",
    `The intake of stack ${stack} does not say yet by which strategy the credential of ${titles} is made; nothing was changed.`,
    `Bring the stack about once with: npx sophia-secrets up --stack ${stack}. From then on pulumi up does as well.`,
  );
}

/** Notes the chosen strategies in the intake if this is the stack's first `up`; `intake` is what was read of it. */
export async function noteFirstStrategies(session: Session, intake: Intake): Promise<void> {
  const { settings, esc, intake: store } = session;
  if (undecidedServices(intake, settings).length === 0 || (await esc.read(settings.environments.published))) return;
  await store.change(({ intake: present }) =>
    undecidedServices(present, settings).flatMap(({ name }) =>
      recordEdits(name, withStrategy(present.rotation(name), settings.strategies[name])),
    ),
  );
}

function withStrategy(record: RotationRecord, strategy: string | undefined): RotationRecord {
  const { current, slots } = record;
  const state = slots[current];
  if (!state || strategy === undefined) return record;
  return { ...record, slots: { ...slots, [current]: { ...state, strategy } } };
}
