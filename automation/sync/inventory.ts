/** What is at each place of a stack, and whose is it? The places' own lists, Pulumi's state as the ledger of what we wrote, and its plan. */
import { findOwner, variablesFor } from "../../services/select";
import { AutomationError, EXIT } from "../errors";
import { type Intake } from "../esc/intake";
import { type GitHubIntake } from "../esc/intake-destinations";
import { type Session } from "../session";
import { type ResourceChange } from "../stack-events";
import { type StackResource } from "../stack-state";
import { githubPlaces, isSameName, withDestinations } from "./desired";
import { forgottenNames } from "./forgotten";
import { type EntryKind } from "./limits";
import { overwrittenNames } from "./overwritten";
import { type PlaceContents } from "./place-reader";
import { githubSyncPlace, vercelSyncPlace } from "./places";
import { type Place } from "./questions";
import { type SyncPlace } from "./sync";
import { childrenOf, githubComponent, githubPlaceOf, targetsOf, variableOf } from "./targets";

/**
 * Whose an entry is:
 * - `managed`: this stack writes it.
 * - `former`: this stack wrote it once and wants it no longer.
 * - `foreign`: somebody else's; never touched.
 */
export type Ownership = "managed" | "former" | "foreign";

/**
 * How an entry stands: `in step`; `missing` (ours, and not there); `behind` (the stack has another value by now, or somebody has changed a
 * plain variable); `edited outside` (somebody has written over our secret); `left over` (former); `foreign`; `taken` (foreign, where one of
 * ours is to go).
 */
export type EntryStatus = "in step" | "missing" | "behind" | "edited outside" | "left over" | "foreign" | "taken";

/** One name at one place. */
export interface InventoryEntry {
  readonly name: string;
  /** Vercel's are all variables. */
  readonly kind: "secret" | "variable";
  readonly ownership: Ownership;
  readonly status: EntryStatus;
  /** The service that declares the name. */
  readonly service?: string;
  /** When the place says that it was written last; ISO. */
  readonly updatedAt?: string;
  /** Somebody else has written it since we did. */
  readonly overwritten: boolean;
}

/** One place with everything in it, by name. */
export interface InventoryPlace {
  readonly place: string;
  /** The stack writes there no longer. */
  readonly former: boolean;
  readonly entries: readonly InventoryEntry[];
}

/** Which places are meant. */
export interface InventoryScope {
  readonly kinds: readonly ("github" | "github-org" | "vercel")[];
  /** Names of repositories; none means all. */
  readonly repositories: readonly string[];
  /** The intake's section as it is to be, where that is not how it is. */
  readonly requested?: GitHubIntake;
}

/** An inventory with what a command needs to act on it. */
export interface Inventory {
  readonly places: readonly (InventoryPlace & { readonly syncPlace: SyncPlace })[];
  readonly durationMs: number;
}

/** A place of the stack, or one that it has written to once. */
interface KnownPlace {
  readonly where: Place;
  readonly former: boolean;
  readonly syncPlace: SyncPlace;
}

/** Takes the inventory; changes nothing. The stack must have been brought up once. Throws where a place cannot be read. */
export async function takeInventory(session: Session, intake: Intake, scope: InventoryScope): Promise<Inventory> {
  const stack = session.stack();
  const state = await stack.resources();
  if (!state) throw neverUp(session.stackName);
  const places = knownPlaces(session, scope.requested ?? intake.github, state).filter(({ where }) =>
    isMeant(where, scope),
  );
  if (places.length === 0) return { places: [], durationMs: 0 };
  const contents = new Map<KnownPlace, PlaceContents>();
  for (const place of places) contents.set(place, await readPlace(place));
  const targets = places.flatMap(({ syncPlace: { component, destination } }) =>
    targetsOf(
      component,
      variablesFor(destination).map(({ name }) => name),
      state,
    ),
  );
  const { requested } = scope;
  const plan = await stack.preview({ targets, refresh: true, ...(requested ? { requested } : {}) });
  const mayBeForgotten = plan.changes.some(({ op }) => op === "create");
  const deployment = mayBeForgotten ? await stack.exportState() : undefined;
  return {
    places: places.map((place) => {
      const facts = { contents: contents.get(place) ?? NOTHING, state, deployment, changes: plan.changes };
      const { syncPlace, former } = place;
      return { place: syncPlace.question.place, former, entries: judgePlace(syncPlace, facts), syncPlace };
    }),
    durationMs: plan.durationMs,
  };
}

const NOTHING: PlaceContents = { secrets: [], variables: [], writtenAt: {} };

function knownPlaces(
  session: Session,
  github: GitHubIntake | undefined,
  state: readonly StackResource[],
): KnownPlace[] {
  const present = githubPlaces(withDestinations(session.settings, github));
  const presentNames = present.map((place) => githubComponent(place).name);
  const former = state.flatMap((resource) => {
    const place = githubPlaceOf(resource);
    const isLeft = place && !presentNames.includes(resource.name) && childrenOf(resource, state).length > 0;
    return isLeft ? [place] : [];
  });
  const known = (former: boolean) => (where: (typeof present)[number]) => ({
    ...{ where, former },
    syncPlace: githubSyncPlace(session, where),
  });
  const vercel: KnownPlace = { where: { kind: "vercel" }, former: false, syncPlace: vercelSyncPlace(session) };
  return [...present.map(known(false)), ...former.map(known(true)), vercel];
}

function isMeant(where: Place, { kinds, repositories }: InventoryScope): boolean {
  const kind = where.kind === "vercel" ? "vercel" : where.kind === "organization" ? "github-org" : "github";
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  return (
    repositories.length === 0 ||
    ("repository" in where && repositories.some((name) => isSameName(name, where.repository)))
  );
}

/** A place that is gone, to which the stack writes no longer anyway, holds nothing. */
async function readPlace({ syncPlace, former }: KnownPlace): Promise<PlaceContents> {
  return syncPlace.read().catch((error: unknown) => {
    const isGone = former && error instanceof AutomationError && error.exitCode === EXIT.notFound;
    if (isGone) return NOTHING;
    throw error;
  });
}

interface Facts {
  readonly contents: PlaceContents;
  readonly state: readonly StackResource[];
  /** The exported state; undefined where nothing is to be made, so that nothing can have been forgotten. */
  readonly deployment: unknown;
  readonly changes: readonly ResourceChange[];
}

/** One line a name and kind: what is there, and what ought to be. */
function judgePlace({ component }: SyncPlace, { contents, state, deployment, changes }: Facts): InventoryEntry[] {
  const keyOf = (kind: EntryKind, name: string) => `${name} ${kind}`;
  const there = (["secrets", "variables"] as const).flatMap((kind) => contents[kind].map((name) => keyOf(kind, name)));
  const carried = (items: readonly { readonly type: string; readonly name: string }[]) =>
    items.flatMap(({ type, name }) => {
      const variable = variableOf(component, name);
      return variable === undefined ? [] : [keyOf(kindOfType(type), variable)];
    });
  const written = carried(childrenOf(component, state));
  const overwritten = overwrittenNames(component, contents, state);
  const planned = (...ops: string[]) => carried(changes.filter(({ op }) => ops.includes(op)));
  const [toCreate, toDelete] = [planned("create"), planned("delete")];
  const forgotten = deployment === undefined ? [] : forgottenNames(component, contents, deployment);
  const toRepair = forgotten.map((name) => keyOf("secrets", name)).filter((key) => toCreate.includes(key));
  const toChange = [...planned("update", "replace"), ...toRepair];

  return [...new Set([...there, ...toCreate, ...toChange, ...toDelete])].sort().map((key) => {
    const [name = "", kind] = key.split(" ");
    const isOurs = written.includes(key) || toRepair.includes(key);
    // What can be read is compared by its value.
    const isSecret = kind === "secrets" || findOwner(name)?.variables[name]?.secret;
    const isOverwritten = isOurs && isSecret === true && overwritten.includes(name);
    const [ownership, status]: [Ownership, EntryStatus] =
      !isOurs && there.includes(key)
        ? ["foreign", toCreate.includes(key) ? "taken" : "foreign"]
        : toDelete.includes(key)
          ? ["former", "left over"]
          : [
              "managed",
              !there.includes(key)
                ? "missing"
                : isOverwritten
                  ? "edited outside"
                  : toChange.includes(key)
                    ? "behind"
                    : "in step",
            ];
    const service = findOwner(name)?.name;
    const updatedAt = contents.writtenAt[name];
    return {
      ...{ name, kind: kind === "secrets" ? "secret" : "variable", ownership, status, overwritten: isOverwritten },
      ...(service === undefined ? {} : { service }),
      ...(updatedAt === undefined ? {} : { updatedAt }),
    };
  });
}

function kindOfType(type: string): EntryKind {
  return type.endsWith("Secret") ? "secrets" : "variables";
}

function neverUp(stack: string): AutomationError {
  return new AutomationError({
    code: "sync.never_up",
    exitCode: EXIT.notFound,
    message: `Stack ${stack} was never brought up, so it has written nothing; nothing was changed.`,
    hint: `Bring it up first: npx sophia-secrets up --stack ${stack}`,
    stack,
  });
}
