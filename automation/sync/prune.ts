/** How do names go away that we wrote once and want no longer? Pulumi's state says what we wrote, its plan what is wanted, and it deletes. */
import { type IntakeEdit } from "../esc/intake";
import { type Session } from "../session";
import { type ResourceChange } from "../stack-events";
import { forgetPlaces, type GitHubPlace } from "./desired";
import { takeInventory, type InventoryScope } from "./inventory";
import { type SyncPlace } from "./sync";
import { writingError } from "./remedies";
import { batchTarget, childTargets, componentTarget } from "./targets";

/** What is to be pruned. */
export interface PruneRequest {
  readonly scope: Omit<InventoryScope, "requested">;
  /** Places at GitHub that the command line has named once and that the stack is to write to no longer. */
  readonly forget: readonly GitHubPlace[];
  readonly dryRun: boolean;
  /** Asked with what is to go, before anything does; throws when the user declines. */
  readonly consent: (places: readonly PrunedPlace[]) => Promise<void>;
  readonly onChange: (change: ResourceChange) => void;
}

/** What goes away at one place. */
export interface PrunedPlace {
  readonly place: string;
  /** The stack writes there no longer. */
  readonly former: boolean;
  readonly removed: readonly string[];
  /** Those of them which somebody else has written over since: theirs goes too. */
  readonly editedOutside: readonly string[];
}

/** The outcome; with no place, nothing was to be done. */
export interface PruneReport {
  readonly places: readonly PrunedPlace[];
  /** The intake names fewer places now. */
  readonly forgotten: boolean;
  readonly durationMs: number;
}

/** Deletes what the stack wrote once and wants no longer; with nothing of that kind, nothing is written. Foreign names are never touched. */
export async function prune(session: Session, request: PruneRequest): Promise<PruneReport> {
  const { intake } = await session.intake.require();
  const forgetting = request.forget.length > 0;
  const editsFor = (github = intake.github): { edits: readonly IntakeEdit[]; intake: typeof github } =>
    forgetPlaces(session.settings, github, request.forget);
  const requested = forgetting ? editsFor().intake : undefined;
  const inventory = await takeInventory(session, intake, { ...request.scope, ...(requested ? { requested } : {}) });
  const doomed = inventory.places.flatMap(({ place, former, entries, syncPlace }) => {
    const removed = entries.filter(({ ownership }) => ownership === "former");
    if (removed.length === 0) return [];
    const names = removed.map(({ name }) => name);
    const editedOutside = removed.filter(({ overwritten }) => overwritten).map(({ name }) => name);
    return [{ report: { place, former, removed: names, editedOutside }, syncPlace }];
  });
  const places = doomed.map(({ report }) => report);
  const report = { places, forgotten: forgetting, durationMs: inventory.durationMs };
  if (request.dryRun || (doomed.length === 0 && !forgetting)) return report;

  await request.consent(places);
  if (forgetting) await session.intake.change((now) => editsFor(now.intake.github).edits);
  if (doomed.length === 0) return report;
  const run = await session
    .stack({ onChange: request.onChange })
    .up({ targets: doomed.flatMap(targetsOfDoomed), refresh: true, order: { only: doomed.flatMap(namesOfDoomed) } })
    .catch((error: unknown) => {
      throw writingError(error, doomed[0]?.syncPlace.question);
    });
  return { ...report, durationMs: report.durationMs + run.durationMs };
}

const namesOfDoomed = ({ report }: { readonly report: PrunedPlace }): readonly string[] => report.removed;

/** A place to which the stack writes no longer goes as a whole. */
function targetsOfDoomed({ report, syncPlace }: { report: PrunedPlace; syncPlace: SyncPlace }): string[] {
  const { component } = syncPlace;
  const children = [batchTarget(component), ...childTargets(component, report.removed)];
  return report.former ? [componentTarget(component), ...children] : children;
}
