/** What do GitHub and Vercel say they hold? Names and times only: neither hands a secret back. */
import { AutomationError, EXIT } from "./errors";
import { NoAnswerError, sendRequest, type HttpDependencies } from "./http";
import { type Settings } from "./settings";

/** A variable as a destination lists it. */
export interface DestinationEntry {
  /** `github payready/sophia`, `github organization payready`, `vercel prj_…`. */
  readonly place: string;
  readonly name: string;
  /** As the destination says it: changes with every write. */
  readonly updatedAt: string;
}

/** Reads the destinations of a stack. */
export interface DestinationReader {
  list(): Promise<readonly DestinationEntry[]>;
}

/** Lists what the stack's destinations hold, by the REST APIs of GitHub and Vercel. Throws when one does not answer. */
export function createDestinationReader(
  settings: Settings,
  http: HttpDependencies,
  signal?: AbortSignal,
): DestinationReader {
  const { github, vercel, endpoints, tokens } = settings;
  const get = async (place: string, url: string, token: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, accept: "application/json", "user-agent": "sophia-secrets" };
    const request = { method: "GET", url, headers, attempts: 3, ...(signal ? { signal } : {}) };
    const result = await sendRequest(request, http).catch((error: unknown) => {
      throw unreadable(place, error instanceof NoAnswerError ? error.reason : "no answer");
    });
    if (result.status !== 200) throw unreadable(place, `status ${result.status}`);
    try {
      return JSON.parse(result.text) as unknown;
    } catch {
      throw unreadable(place, "an answer that is not JSON");
    }
  };

  /** https://docs.github.com/en/rest/actions/secrets and /variables: pages of up to 100 and 30. */
  const listGitHub = async (place: string, base: string): Promise<DestinationEntry[]> => {
    const kinds = ["secrets", "variables"] as const;
    const lists = await Promise.all(
      kinds.map(async (kind) => {
        const entries: DestinationEntry[] = [];
        for (let page = 1; ; page += 1) {
          const size = kind === "secrets" ? 100 : 30;
          const url = `${base}/actions/${kind}?per_page=${size}&page=${page}`;
          const body = (await get(place, url, tokens.github)) as Record<string, { name: string; updated_at: string }[]>;
          const items = body[kind] ?? [];
          entries.push(...items.map((item) => ({ place, name: item.name, updatedAt: item.updated_at })));
          if (items.length < size) return entries;
        }
      }),
    );
    return lists.flat();
  };

  const listVercel = async (): Promise<DestinationEntry[]> => {
    const place = `vercel ${vercel.project}`;
    const url = `${endpoints.vercel}/v10/projects/${encodeURIComponent(vercel.project)}/env?teamId=${encodeURIComponent(vercel.team)}`;
    const { envs } = (await get(place, url, tokens.vercel)) as { envs: { key: string; updatedAt?: number }[] };
    return envs.map(({ key, updatedAt }) => ({ place, name: key, updatedAt: String(updatedAt ?? "") }));
  };

  return {
    list: async () => {
      const owner = encodeURIComponent(github.owner);
      const repositories = github.repositories.map((name) =>
        listGitHub(`github ${github.owner}/${name}`, `${endpoints.github}/repos/${owner}/${encodeURIComponent(name)}`),
      );
      const organization = github.organizationSecrets
        ? [listGitHub(`github organization ${github.owner}`, `${endpoints.github}/orgs/${owner}`)]
        : [];
      return (await Promise.all([...repositories, ...organization, listVercel()])).flat();
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

function unreadable(place: string, reason: string): AutomationError {
  return new AutomationError({
    code: "destination.unreadable",
    exitCode: EXIT.attention,
    message: `${place} could not be read (${reason}).`,
    hint: "Check the controlling token's rights, then run the same command again.",
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

/** Milliseconds since 1970: Vercel says them, GitHub says an ISO time. */
function timeOf(updatedAt: string): number {
  return /^\d+$/.test(updatedAt) ? Number(updatedAt) : Date.parse(updatedAt);
}
