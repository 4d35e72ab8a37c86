/** How does one destination get what the stack says, and nothing else change? Check everything first, then an `up` of that place alone. */
import { type Destination } from "../../services/service";
import { variablesFor, type DeclaredVariable } from "../../services/select";
import { AutomationError, EXIT, usageError } from "../errors";
import { type Intake, type IntakeEdit } from "../esc/intake";
import { type GitHubIntake } from "../esc/intake-destinations";
import { type Session } from "../session";
import { type ResourceChange } from "../stack-events";
import { type StackResource } from "../stack-state";
import { limitFaults, type Candidate, type EntryKind, type PlaceLimits } from "./limits";
import { type PlaceContents } from "./place-reader";
import { childrenOf, targetsOf, variableOf, type PlaceComponent } from "./targets";

/** A place to write, with all that is particular to it. */
export interface SyncPlace {
  /** `github payready/sophia`, `vercel prj_…`. */
  readonly label: string;
  readonly destination: Destination;
  readonly component: PlaceComponent;
  readonly limits: PlaceLimits;
  readonly kindOf: (variable: DeclaredVariable) => EntryKind;
  readonly read: () => Promise<PlaceContents>;
  /** The remedy for an entry of that name that somebody else has made. */
  readonly whenTaken: (name: string, kind: EntryKind) => string;
  /** Whether the destination lets us write over such an entry. */
  readonly adopts: (kind: EntryKind) => boolean;
  /** The command that makes room for a secret of ours which somebody has written over. */
  readonly whenOverwritten: (name: string) => string;
}

/** What is to be synced. */
export interface SyncRequest {
  /** The places, and what has to be written into the intake first, for the intake that is there. Throws where that cannot be. */
  readonly plan: (intake: Intake) => {
    readonly places: readonly SyncPlace[];
    readonly edits: readonly IntakeEdit[];
    readonly requested?: GitHubIntake;
  };
  readonly dryRun: boolean;
  /** Write over secrets of our names that somebody else has made. */
  readonly adopt: boolean;
  /** Asked when all is checked and before the first write; throws when the user declines. */
  readonly consent: () => Promise<void>;
  readonly onChange: (change: ResourceChange) => void;
}

/** What became of the variables of one place, by name. */
export interface PlaceReport {
  readonly place: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** Written by us once and no longer declared, or without a value now. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
  /** Those of them which somebody else has written since, so that nobody knows what is there, each with the command that helps. */
  readonly overwritten: readonly { readonly name: string; readonly remedy: string }[];
}

/** The outcome of a sync. */
export interface SyncReport {
  readonly places: readonly PlaceReport[];
  /** The intake names a place now that it did not name before. */
  readonly remembered: boolean;
  readonly durationMs: number;
}

/** A place with what was found out before the first write. */
interface CheckedPlace {
  readonly place: SyncPlace;
  readonly entries: readonly Candidate[];
  readonly contents: PlaceContents;
  readonly state: readonly StackResource[];
}

/** Syncs the places of the request. Nothing is written, to ESC neither, before every check has passed at every place. */
export async function sync(session: Session, request: SyncRequest): Promise<SyncReport> {
  await session.checkEsc();
  const { intake } = await session.intake.require();
  const { places, edits, requested } = request.plan(intake);
  const stack = session.stack(request.onChange);
  const state = await stack.resources();
  if (!state) throw neverUp(session.stackName);
  const { environmentVariables } = await session.openPublished();
  const known = { intake, published: environmentVariables };
  const checked: CheckedPlace[] = [];
  for (const place of places)
    checked.push({ place, state, entries: candidatesFor(place, known), contents: await place.read() });
  const faults = checked.flatMap((one) => [
    ...limitFaults(one.place.label, one.place.limits, one.contents, one.entries),
    ...takenFaults(one, request.adopt),
  ]);
  if (faults.length > 0) throw usageError("sync.refused", `Nothing was changed, because ${faults.join("; and ")}.`);

  const targets = places.flatMap(({ component, destination }) =>
    targetsOf(
      component,
      variablesFor(destination).map(({ name }) => name),
      state,
    ),
  );
  // What somebody has deleted or changed there is noticed only by looking.
  const scope = { targets, refresh: true };
  if (!request.dryRun) await request.consent();
  if (!request.dryRun && edits.length > 0) await session.intake.change((now) => request.plan(now.intake).edits);
  const run = request.dryRun
    ? await stack.preview({ ...scope, ...(requested ? { requested } : {}) })
    : await stack.up(scope);
  return {
    places: checked.map((one) => reportPlace(one, run.changes)),
    remembered: edits.length > 0,
    durationMs: run.durationMs,
  };
}

/** The declared variables that go there and have a value: published, or in the intake since the last `up`. */
function candidatesFor(
  { destination, kindOf }: SyncPlace,
  { intake, published }: { readonly intake: Intake; readonly published: Readonly<Record<string, string>> },
): Candidate[] {
  return variablesFor(destination).flatMap((variable) => {
    const { name, service, sameAs = name } = variable;
    const { settings, slots } = intake.service(service);
    const provided = slots[intake.rotation(service).current]?.[sameAs];
    const value = published[name] ?? provided ?? settings[sameAs];
    return value ? [{ name, kind: kindOf(variable), value }] : [];
  });
}

/** Entries of our names that the state does not have: they are somebody else's. */
function takenFaults({ place, contents, entries, state }: CheckedPlace, adopt: boolean): string[] {
  const { label, component, adopts, whenTaken } = place;
  const ours = childrenOf(component, state).map(({ name }) => variableOf(component, name));
  return entries
    .filter(({ name, kind }) => contents[kind].includes(name) && !ours.includes(name))
    .filter(({ kind }) => !(adopt && adopts(kind)))
    .map(({ name, kind }) => `${label} has ${name} already, which this stack did not write. ${whenTaken(name, kind)}`);
}

/**
 * Secrets that the place has a later time of than the state. The engine does not notice: the provider (6.13) takes the later time over
 * in a refresh and compares nothing with it, and a secret cannot be read.
 */
function overwrittenNames({ place: { component }, contents: { writtenAt = {} }, state }: CheckedPlace): string[] {
  return childrenOf(component, state).flatMap(({ name, updatedAt }) => {
    const variable = variableOf(component, name);
    const there = variable === undefined ? undefined : writtenAt[variable];
    if (variable === undefined || there === undefined || updatedAt === undefined) return [];
    return Date.parse(there) > Date.parse(updatedAt) ? [variable] : [];
  });
}

function reportPlace(checked: CheckedPlace, changes: readonly ResourceChange[]): PlaceReport {
  const { label, component, whenOverwritten } = checked.place;
  const named = changes.flatMap(({ op, name }) => {
    const variable = variableOf(component, name);
    return variable === undefined ? [] : [{ op, variable }];
  });
  const having = (...ops: string[]) => named.filter(({ op }) => ops.includes(op)).map(({ variable }) => variable);
  const unchanged = checked.entries
    .map(({ name }) => name)
    .filter((name) => !named.some(({ variable }) => variable === name))
    .sort();
  return {
    place: label,
    added: having("create").sort(),
    changed: having("update", "replace").sort(),
    removed: having("delete").sort(),
    unchanged,
    overwritten: overwrittenNames(checked)
      .filter((name) => unchanged.includes(name))
      .map((name) => ({ name, remedy: whenOverwritten(name) })),
  };
}

function neverUp(stack: string): AutomationError {
  return new AutomationError({
    code: "sync.never_up",
    exitCode: EXIT.notFound,
    message: `Stack ${stack} was never brought up, so there is nothing to sync; nothing was changed.`,
    hint: `Bring it up first: npx sophia-secrets up --stack ${stack}`,
    stack,
  });
}
