/** How does one destination get what the stack says, and nothing else change? Check everything first, then an `up` of that place alone. */
import { randomUUID } from "node:crypto";
import { type Destination } from "../../services/service";
import { variablesFor, type DeclaredVariable } from "../../services/select";
import { AutomationError, EXIT, usageError } from "../errors";
import { type Intake, type IntakeEdit } from "../esc/intake";
import { type GitHubIntake } from "../esc/intake-destinations";
import { budgetFor, providerBudget, timeOfWriting, type WritingTime } from "../github/budget";
import { type Session } from "../session";
import { type StackDriver } from "../stack";
import { type ResourceChange } from "../stack-events";
import { type StackResource } from "../stack-state";
import { forgottenNames } from "./forgotten";
import { limitFaults, type Candidate, type EntryKind, type PlaceLimits } from "./limits";
import { overwrittenNames } from "./overwritten";
import { type PlaceContents } from "./place-reader";
import { type Question } from "./questions";
import { writingError } from "./remedies";
import { childTargets, targetsOf, variableOf, writtenVariables, type PlaceComponent } from "./targets";

/** A place to write, with all that is particular to it. */
export interface SyncPlace {
  /** Its name in words, and what to say when it refuses us. */
  readonly question: Question;
  readonly destination: Destination;
  readonly component: PlaceComponent;
  readonly limits: PlaceLimits;
  readonly kindOf: (variable: DeclaredVariable) => EntryKind;
  readonly read: () => Promise<PlaceContents>;
  /** The remedy for an entry of that name that somebody else has made. */
  readonly whenTaken: (name: string, kind: EntryKind) => string;
  /** Whether the destination lets us write over such an entry. */
  readonly adopts: (kind: EntryKind) => boolean;
  /** The command that writes this place. */
  readonly command: string;
  /** How many repositories read what is written here once; missing where nobody but the place itself does, or their number is not known. */
  readonly readers?: number;
}

/** What is to be synced. */
export interface SyncRequest {
  /** The places, and what has to be written into the intake first, for the intake that is there. Throws where that cannot be. */
  readonly plan: (intake: Intake) => {
    readonly places: readonly SyncPlace[];
    readonly edits: readonly IntakeEdit[];
    readonly requested?: GitHubIntake;
  };
  /** Names of the services whose variables are meant. @default all, and what is declared no longer */
  readonly services?: readonly string[];
  readonly dryRun: boolean;
  /** Write over secrets of our names that somebody else has made. */
  readonly adopt: boolean;
  /** Write secrets again that seem unchanged. */
  readonly force: boolean;
  /** Asked when all is checked and before the first write; throws when the user declines. */
  readonly consent: () => Promise<void>;
  readonly onChange: (change: ResourceChange) => void;
  /** How far a place is that takes long. */
  readonly onProgress?: (line: string) => void;
  /** Told before the consent how long it takes, where GitHub makes it take long. */
  readonly onTime?: (time: WritingTime) => void;
}

/** What became of the variables of one place, by name. */
export interface PlaceReport {
  readonly place: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** Written by us once and no longer declared, or without a value now. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
  /** Those of `changed` which somebody else had written since we did. */
  readonly repaired: readonly string[];
  /** The same in a dry run, where they are still to be repaired, each with the command that does it. */
  readonly overwritten: readonly { readonly name: string; readonly remedy: string }[];
  /** What one place for many repositories spares; only where their number is known. */
  readonly writes?: { readonly here: number; readonly asCopies: number; readonly repositories: number };
}

/** The outcome of a sync. */
export interface SyncReport {
  readonly places: readonly PlaceReport[];
  /** The intake names a place now that it did not name before. */
  readonly remembered: boolean;
  /** How long the writes take, or took, where GitHub makes them take long. */
  readonly time?: WritingTime;
  readonly durationMs: number;
}

/** A place with what was found out before the first write. */
interface CheckedPlace {
  readonly place: SyncPlace;
  readonly entries: readonly Candidate[];
  readonly contents: PlaceContents;
  readonly state: readonly StackResource[];
  /** Names of our secrets that somebody else has written over. */
  readonly overwritten: readonly string[];
  /** Names of our secrets there that the state does not have: a run that was to write them again has failed. */
  readonly forgotten: readonly string[];
}

/** Syncs the places of the request. Nothing is written, to ESC neither, before every check has passed at every place. */
export async function sync(session: Session, request: SyncRequest): Promise<SyncReport> {
  const { intake } = await session.intake.require();
  const { places, edits, requested } = request.plan(intake);
  const stack = session.stack({ onChange: request.onChange, onProgress: request.onProgress });
  const state = await stack.resources();
  if (!state) throw neverUp(session.stackName);
  const { environmentVariables } = await session.openPublished();
  const known = { intake, published: environmentVariables };
  const checked: CheckedPlace[] = [];
  for (const place of places) checked.push(await checkPlace(place, request, { state, stack, ...known }));
  const faults = checked.flatMap((one) => [
    ...limitFaults(one.place.question.place, one.place.limits, one.contents, one.entries),
    ...takenFaults(one, request.adopt),
  ]);
  if (faults.length > 0) throw usageError("sync.refused", `Nothing was changed, because ${faults.join("; and ")}.`);

  const scope = scopeOf(checked, request, randomUUID());
  const preview = () => stack.preview({ ...scope, ...(requested ? { requested } : {}) });
  const { github } = session.settings.endpoints;
  const budget = intake.github?.writer === "batch" ? budgetFor(github) : providerBudget(github);
  const most = timeOfWriting(writesAtGitHub(checked), budget);
  const planned = most && (await preview());
  const time = planned && timeOfWriting(writesAtGitHub(checked, planned.changes), budget);
  if (time) request.onTime?.(time);
  if (!request.dryRun) await request.consent();
  if (!request.dryRun && edits.length > 0) await session.intake.change((now) => request.plan(now.intake).edits);
  const act = () => (request.dryRun ? preview() : stack.up(scope));
  const run =
    request.dryRun && planned
      ? planned
      : await act().catch((error: unknown) => {
          throw writingError(error, blamed(places, error));
        });
  return {
    places: checked.map((one) => reportPlace(one, run.changes, request.dryRun)),
    remembered: edits.length > 0,
    ...(time ? { time } : {}),
    durationMs: run.durationMs,
  };
}

async function checkPlace(place: SyncPlace, { services }: SyncRequest, known: Known): Promise<CheckedPlace> {
  const { state, stack } = known;
  const entries = candidatesFor(place, services, known);
  const contents = await place.read();
  // Plain variables can be read: the engine's own comparison tells more than a time.
  const secret = namesOf(variablesMeant(place.destination, services).filter((variable) => variable.secret));
  const names = namesOf(entries).filter((name) => secret.includes(name));
  const overwritten = overwrittenNames(place.component, contents, state).filter((name) => names.includes(name));
  const ours = writtenVariables(place.component, state);
  const isUnknown = entries.some(({ name, kind }) => contents[kind].includes(name) && !ours.includes(name));
  const forgotten = isUnknown ? forgottenNames(place.component, contents, await stack.exportState()) : [];
  return { place, state, entries, contents, overwritten, forgotten };
}

/** What the engine is to look at: all of a place, or the variables of some services in it; and what it is to write again. */
function scopeOf(checked: readonly CheckedPlace[], { services, force }: SyncRequest, run: string) {
  const targets = checked.flatMap(({ place: { component, destination }, state }) =>
    // What is declared no longer belongs to no service.
    targetsOf(component, namesOf(variablesMeant(destination, services)), services ? [] : state),
  );
  const replace = checked.flatMap(({ place: { component, destination }, overwritten, entries, state }) => {
    const written = writtenVariables(component, state);
    const secret = namesOf(variablesMeant(destination, services).filter((variable) => variable.secret));
    const forced = force ? namesOf(entries).filter((name) => secret.includes(name) && written.includes(name)) : [];
    return childTargets(component, [...new Set([...overwritten, ...forced])]);
  });
  const meant = checked.flatMap(({ place }) => variablesMeant(place.destination, services));
  const forced = force ? namesOf(meant.filter(({ secret }) => secret)) : [];
  const order = {
    // What is declared no longer belongs to no service.
    ...(services ? { only: namesOf(meant) } : {}),
    ...(force ? { again: Object.fromEntries(forced.map((name) => [name, run])) } : {}),
  };
  // What somebody has deleted or changed there is noticed only by looking.
  return {
    ...{ targets, refresh: true },
    ...(replace.length > 0 ? { replace } : {}),
    ...(Object.keys(order).length > 0 ? { order } : {}),
  };
}

/** What is known of the stack when its places are looked at. */
interface Known {
  readonly state: readonly StackResource[];
  readonly stack: Pick<StackDriver, "exportState">;
  readonly intake: Intake;
  readonly published: PublishedTexts;
}

type PublishedTexts = Readonly<Record<string, string>>;

function variablesMeant(destination: Destination, services: readonly string[] | undefined): DeclaredVariable[] {
  return variablesFor(destination).filter(({ service }) => !services || services.includes(service));
}

const namesOf = (items: readonly { readonly name: string }[]): string[] => items.map(({ name }) => name);

/** The declared variables that go there and have a value: published, or in the intake since the last `up`. */
function candidatesFor(
  { destination, kindOf }: SyncPlace,
  services: readonly string[] | undefined,
  { intake, published }: { readonly intake: Intake; readonly published: PublishedTexts },
): Candidate[] {
  return variablesMeant(destination, services).flatMap((variable) => {
    const { name, service, sameAs = name } = variable;
    const { settings, slots } = intake.service(service);
    const provided = slots[intake.rotation(service).current]?.[sameAs];
    const value = published[name] ?? provided ?? settings[sameAs];
    return value ? [{ name, kind: kindOf(variable), value }] : [];
  });
}

/** Entries of our names that the stack did not write: they are somebody else's. */
function takenFaults({ place, contents, entries, state, forgotten }: CheckedPlace, adopt: boolean): string[] {
  const { question, component, adopts, whenTaken } = place;
  const ours = [...writtenVariables(component, state), ...forgotten];
  return entries
    .filter(({ name, kind }) => contents[kind].includes(name) && !ours.includes(name))
    .filter(({ kind }) => !(adopt && adopts(kind)))
    .map(
      ({ name, kind }) =>
        `${question.place} has ${name} already, which this stack did not write. ${whenTaken(name, kind)}`,
    );
}

/** How many names GitHub gets: those that have changed, or all of them, where that is not known yet. */
function writesAtGitHub(checked: readonly CheckedPlace[], changes?: readonly ResourceChange[]): number {
  return checked
    .filter(({ place }) => place.destination === "github")
    .map(({ place: { component }, entries }) => {
      const due = changes?.filter(({ name }) => variableOf(component, name) !== undefined);
      return (due ?? entries).length;
    })
    .reduce((sum, count) => sum + count, 0);
}

/** The place whose resource the engine's error names; the first where it names none. */
function blamed(places: readonly SyncPlace[], error: unknown): Question | undefined {
  const text = error instanceof Error ? error.message : "";
  const named = places.filter(
    ({ component, question }) => text.includes(` ${component.name}-`) || text.includes(`${question.place}: `),
  );
  // Of `sophia` and `sophia-web`, both of which a failed `sophia-web-…` names, the longer one is meant.
  const [longest] = named.sort((left, right) => right.component.name.length - left.component.name.length);
  return (longest ?? places[0])?.question;
}

function reportPlace(checked: CheckedPlace, changes: readonly ResourceChange[], dryRun: boolean): PlaceReport {
  const { question, component, command, readers } = checked.place;
  const named = changes.flatMap(({ op, name }) => {
    const variable = variableOf(component, name);
    return variable === undefined ? [] : [{ op, variable }];
  });
  const having = (...ops: string[]) => named.filter(({ op }) => ops.includes(op)).map(({ variable }) => variable);
  const overwritten = [...checked.overwritten].sort();
  // A secret of ours that is there and is written again comes to the engine as a new one.
  const { secrets, variables } = checked.contents;
  const there = [...secrets, ...variables];
  const written = writtenVariables(component, checked.state).filter((name) => there.includes(name));
  const had = [...written, ...checked.forgotten];
  const created = having("create");
  const added = created.filter((name) => !had.includes(name)).sort();
  const changed = [...having("update", "replace"), ...created.filter((name) => had.includes(name))].sort();
  const removed = having("delete").sort();
  const here = added.length + changed.length + removed.length;
  return {
    place: question.place,
    ...{ added, changed, removed },
    unchanged: namesOf(checked.entries)
      .filter((name) => !named.some(({ variable }) => variable === name))
      .sort(),
    repaired: dryRun ? [] : overwritten,
    overwritten: dryRun ? overwritten.map((name) => ({ name, remedy: command })) : [],
    ...(readers === undefined ? {} : { writes: { here, asCopies: here * readers, repositories: readers } }),
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
