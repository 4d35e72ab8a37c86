/** What do GitHub and Vercel say they hold? Names and times only: neither hands a secret back. */
import { UnreadableError } from "./api-reader";
import { AutomationError, EXIT } from "./errors";
import { type Intake } from "./esc/intake";
import { type HttpDependencies } from "./http";
import { type Settings } from "./settings";
import { githubPlaces } from "./sync/desired";
import { PlaceReader, timeOf } from "./sync/place-reader";
import { placeLabel, questionOf, type Place } from "./sync/questions";
import { listingHint } from "./sync/remedies";

/** A variable as a destination lists it. */
export interface DestinationEntry {
  /** `github payready/sophia`, `github payready/sophia environment production`, `github organization payready`, `vercel prj_…`. */
  readonly place: string;
  readonly name: string;
  /** As the destination says it, empty where it does not: changes with every write. GitHub: ISO; Vercel: milliseconds since 1970. */
  readonly updatedAt: string;
}

/** Reads the destinations of a stack. */
export interface DestinationReader {
  /** `intake` may add places to those of the settings. */
  list(intake?: Intake): Promise<readonly DestinationEntry[]>;
}

/** Lists what the stack's destinations hold, by the REST APIs of GitHub and Vercel. Throws when one does not answer. */
export function createDestinationReader(
  settings: Settings,
  http: HttpDependencies,
  signal?: AbortSignal,
): DestinationReader {
  const reader = new PlaceReader(settings, http, signal);
  const list = async (where: Place): Promise<DestinationEntry[]> => {
    const place = placeLabel(settings, where);
    const entries = await reader.entries(where).catch((error: unknown) => {
      throw error instanceof UnreadableError ? unreadable(settings, where, error) : error;
    });
    return entries.map(({ name, updatedAt = "" }) => ({ place, name, updatedAt }));
  };
  return {
    list: async () => {
      const places: readonly Place[] = [...githubPlaces(settings), { kind: "vercel" }];
      return (await Promise.all(places.map(list))).flat();
    },
  };
}

/**
 * The places of a variable that did not change although they should have: no entry has a time that it did not have before.
 * There may be several entries of a name (Vercel has one a target and branch), and not all of them are ours.
 */
export function unchangedPlaces(
  name: string,
  before: readonly DestinationEntry[],
  after: readonly DestinationEntry[],
): string[] {
  const old = before.filter((entry) => entry.name === name);
  return [...new Set(old.map(({ place }) => place))].filter((place) => {
    const known = old.filter((entry) => entry.place === place).map(({ updatedAt }) => updatedAt);
    return !after.some((entry) => entry.place === place && entry.name === name && !known.includes(entry.updatedAt));
  });
}

function unreadable(settings: Settings, place: Place, error: UnreadableError): AutomationError {
  return new AutomationError({
    code: "destination.unreadable",
    exitCode: EXIT.attention,
    message: `${placeLabel(settings, place)} could not be read (${error.reason}).`,
    hint: listingHint(questionOf(settings, place), error),
  });
}

/** A place that took a credential's variables one after the other. */
export interface TornWindow {
  readonly place: string;
  /** Between the first and the last write, as precisely as the place tells times (GitHub: seconds). */
  readonly milliseconds: number;
}

/**
 * How long each place held some of the variables new and some old: a reader in between got a pair that does not belong together.
 * `names` are the variables that changed together, `entries` what is listed after the last write.
 */
export function tornWindows(names: readonly string[], entries: readonly DestinationEntry[]): TornWindow[] {
  const written = entries.filter(({ name }) => names.includes(name));
  return [...new Set(written.map(({ place }) => place))].flatMap((place) => {
    const times = written.filter((entry) => entry.place === place).map(({ updatedAt }) => timeOf(updatedAt));
    return times.length < 2 ? [] : [{ place, milliseconds: Math.max(...times) - Math.min(...times) }];
  });
}
