/** What do the stack's places say they hold? Each place is read by itself, so that one which does not answer leaves the others known. */
import { type Destination } from "../../services/service";
import { UnreadableError, type ApiReader } from "../api-reader";
import { type Session } from "../session";
import { type Settings } from "../settings";
import { githubPlaces, isSameName } from "../sync/desired";
import { timeOf, type PlaceEntry } from "../sync/place-reader";
import { placeLabel, questionOf, type Place } from "../sync/questions";
import { listingHint } from "../sync/remedies";
import { githubComponent, VERCEL_COMPONENT, type PlaceComponent } from "../sync/targets";
import { valueDigest } from "../value-digest";
import { type ListedEntry } from "./places";

/** One place and what it answered. */
export interface PlaceListing {
  readonly where: Place;
  /** `github payready/sophia`, `vercel prj_…`. */
  readonly place: string;
  readonly destination: Destination;
  readonly component: PlaceComponent;
  /** Nothing of ours is written there; it reads the organization's secrets, which its own would hide. */
  readonly isReader?: true;
  /** Everything there, what is not ours included; undefined where it was not asked or did not answer. */
  readonly entries?: readonly ListedEntry[];
  /** Why there are none, and what to do about it. */
  readonly failure?: { readonly reason: string; readonly hint: string };
}

/** Every place of the settings, and the repositories that are named as readers of the organization's secrets; not asked yet. */
export function placesOf(settings: Settings): PlaceListing[] {
  const own = githubPlaces(settings);
  const readers = own
    .flatMap((where) => (where.kind === "organization" ? where.repositories : []))
    .filter((name) => !own.some((where) => where.kind === "repository" && isSameName(where.repository, name)))
    .map((repository) => ({ kind: "repository", repository }) as const);
  const github = [...own, ...readers].map((where, index): PlaceListing => ({
    where,
    place: placeLabel(settings, where),
    destination: "github",
    component: githubComponent(where),
    ...(index < own.length ? {} : { isReader: true }),
  }));
  const where = { kind: "vercel" } as const;
  const place = placeLabel(settings, where);
  return [...github, { where, place, destination: "vercel", component: VERCEL_COMPONENT }];
}

/** Lists the places. `api` is for the values that Vercel shows to whoever may read the project; without it they are judged by their times. */
export async function listPlaces(
  session: Session,
  settings: Settings,
  api: ApiReader | undefined,
): Promise<PlaceListing[]> {
  const reader = session.placeReader();
  return Promise.all(
    placesOf(settings).map(async (one): Promise<PlaceListing> => {
      try {
        const entries = await reader.entries(one.where);
        if (one.where.kind !== "vercel") return { ...one, entries: entries.map(listedEntry) };
        const ours = entries.filter((entry) => meetsOurs(entry, settings));
        return { ...one, entries: api ? await withValues(ours, settings, api) : ours.map(listedAtVercel) };
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error;
        const hint = listingHint(questionOf(settings, one.where), error);
        return { ...one, failure: { reason: error.reason, hint } };
      }
    }),
  );
}

/** A variable of one branch is somebody's experiment: it stands beside ours. */
function meetsOurs({ targets = [], gitBranch }: PlaceEntry, { vercel }: Settings): boolean {
  return !gitBranch && targets.some((target) => vercel.targets.includes(target));
}

/**
 * Vercel shows the value of everything that is not `sensitive`, one variable at a time:
 * https://vercel.com/docs/rest-api/projects/retrieve-the-decrypted-value-of-an-environment-variable-of-a-project-by-id
 */
async function withValues(entries: readonly PlaceEntry[], settings: Settings, api: ApiReader): Promise<ListedEntry[]> {
  const { endpoints, tokens, vercel } = settings;
  const project = `${endpoints.vercel}/v1/projects/${encodeURIComponent(vercel.project)}`;
  return Promise.all(
    entries.map(async (entry) => {
      if (entry.readableId === undefined) return listedAtVercel(entry);
      const { value } = await api.json<{ value?: unknown }>({
        url: `${project}/env/${encodeURIComponent(entry.readableId)}?teamId=${encodeURIComponent(vercel.team)}`,
        token: tokens.vercel,
      });
      return {
        ...listedAtVercel(entry),
        readable: true,
        ...(typeof value === "string" ? { digest: valueDigest(value) } : {}),
      };
    }),
  );
}

function listedEntry({ name, kind, updatedAt, digest }: PlaceEntry): ListedEntry {
  const shown = digest === undefined ? {} : { digest };
  return { name, kind, ...isoTimeOf(updatedAt), ...shown, readable: kind === "variables" };
}

/** Vercel knows one kind of entries. */
function listedAtVercel({ name, updatedAt }: PlaceEntry): ListedEntry {
  return { name, ...isoTimeOf(updatedAt) };
}

function isoTimeOf(updatedAt = ""): { updatedAt?: string } {
  const time = timeOf(updatedAt);
  return Number.isNaN(time) ? {} : { updatedAt: new Date(time).toISOString() };
}
