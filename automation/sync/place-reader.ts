/** What does one place at GitHub or Vercel hold already? Names and times only: neither hands a secret back. */
import { ApiReader, UnreadableError, type ApiQuestion } from "../api-reader";
import { type AutomationError } from "../errors";
import { PAGE_SIZES } from "../github/entries";
import { type HttpDependencies } from "../http";
import { type Settings } from "../settings";
import { valueDigest } from "../value-digest";
import { type GitHubPlace } from "./desired";
import { type EntryKind } from "./limits";
import { questionOf, repositoryPath, type Place } from "./questions";
import { listingError } from "./remedies";

/** The names in a place; Vercel knows one kind only. */
export interface PlaceContents {
  readonly secrets: readonly string[];
  readonly variables: readonly string[];
  /** When each entry was written last whose place says so; ISO, by name. */
  readonly writtenAt: Readonly<Record<string, string>>;
}

/** An entry as a place lists it. */
export interface PlaceEntry {
  readonly name: string;
  readonly kind: EntryKind;
  /** As the place says it: GitHub an ISO time, Vercel milliseconds since 1970. */
  readonly updatedAt?: string;
  /** {@link valueDigest} of the value, where the listing shows it: GitHub's variables. */
  readonly digest?: string;
  /** Vercel's targets that read it. */
  readonly targets?: readonly string[];
  /** Vercel: the one branch that reads it. */
  readonly gitBranch?: string;
  /** Vercel: by what its value can be asked for; missing where it is `sensitive`, which nobody can read. */
  readonly readableId?: string;
}

/** Lists places with the controlling tokens. */
export class PlaceReader {
  private readonly api: ApiReader;

  constructor(
    private readonly settings: Settings,
    http: HttpDependencies,
    signal?: AbortSignal,
  ) {
    this.api = new ApiReader(http, signal);
  }

  /** Everything in a place, what is not ours included. Throws an {@link UnreadableError}. */
  entries(place: Place): Promise<PlaceEntry[]> {
    return place.kind === "vercel" ? this.listVercel() : this.listGitHub(place);
  }

  /** The names in a place that would meet ours. Throws an error with the remedy for what was answered, and that nothing was changed. */
  async contents(place: Place): Promise<PlaceContents> {
    try {
      const entries = await this.entries(place);
      return contentsOf(place.kind === "vercel" ? entries.filter((entry) => this.meetsOurs(entry)) : entries);
    } catch (error) {
      throw error instanceof UnreadableError ? await this.explain(place, error) : error;
    }
  }

  /** The same of a place at GitHub; the readers of organization secrets are looked up too, so that a misspelt one is told here. */
  async github(place: GitHubPlace): Promise<PlaceContents> {
    const readers = place.kind === "organization" ? place.repositories : [];
    for (const repository of readers) {
      await this.askRepository(repository).catch((error: unknown) => {
        if (!(error instanceof UnreadableError)) throw error;
        throw listingError(questionOf(this.settings, { kind: "repository", repository }), error);
      });
    }
    return this.contents(place);
  }

  /** The same of the stack's Vercel project. */
  vercel(): Promise<PlaceContents> {
    return this.contents({ kind: "vercel" });
  }

  /** Same targets, no branch of its own: only such a variable stands in the way of one of ours. */
  private meetsOurs({ targets = [], gitBranch }: PlaceEntry): boolean {
    return !gitBranch && targets.some((target) => this.settings.vercel.targets.includes(target));
  }

  private async listGitHub(place: GitHubPlace): Promise<PlaceEntry[]> {
    const list = async (kind: EntryKind): Promise<PlaceEntry[]> => {
      const question = this.atGitHub(`${this.githubPath(place)}/${kind}`);
      const items = await this.api.pages<GitHubEntry>(question, kind, PAGE_SIZES[kind]);
      return items.map(({ name, value, updated_at: at }) => ({
        ...{ name, kind, ...(at ? { updatedAt: at } : {}) },
        ...(value === undefined ? {} : { digest: valueDigest(value) }),
      }));
    };
    return (await Promise.all([list("secrets"), list("variables")])).flat();
  }

  /** https://vercel.com/docs/rest-api/projects/retrieve-the-environment-variables-of-a-project-by-id-or-name */
  private async listVercel(): Promise<PlaceEntry[]> {
    const { team, project } = this.settings.vercel;
    const question = this.atVercel(
      `v10/projects/${encodeURIComponent(project)}/env?teamId=${encodeURIComponent(team)}&limit=100`,
    );
    const envs = await this.api.chain<VercelVariable>(question, "envs");
    return envs.map(({ id, type, key, target = [], gitBranch, updatedAt }) => ({
      ...{ name: key, kind: "variables", targets: [target].flat() },
      ...(id === undefined || type === "sensitive" ? {} : { readableId: id }),
      ...(gitBranch ? { gitBranch } : {}),
      ...(updatedAt === undefined ? {} : { updatedAt: String(updatedAt) }),
    }));
  }

  /** What is behind a 404 is found out by asking for what the place lies in. */
  private async explain(place: Place, error: UnreadableError): Promise<AutomationError> {
    const question = questionOf(this.settings, place);
    if (error.answer?.status !== 404) return listingError(question, error);
    if (place.kind === "environment") {
      const { repository } = place;
      const outer = await this.askRepository(repository).catch((reason: unknown) => reason);
      if (outer instanceof UnreadableError)
        return listingError(questionOf(this.settings, { kind: "repository", repository }), outer);
    }
    if (place.kind === "vercel") {
      const { team } = this.settings.vercel;
      const outer = await this.api
        .json(this.atVercel(`v2/teams/${encodeURIComponent(team)}`))
        .catch((reason: unknown) => reason);
      const absence =
        outer instanceof UnreadableError
          ? `The token cannot see the team ${team} (${outer.reason}): check sophia:vercelTeam in the stack's settings, and who made the token.`
          : `The token sees the team ${team}, so check sophia:vercelProject in the stack's settings: vercel project ls`;
      return listingError({ ...question, absence }, error);
    }
    return listingError(question, error);
  }

  private askRepository(repository: string): Promise<object> {
    return this.api.json(this.atGitHub(repositoryPath(this.settings.github.owner, repository)));
  }

  private githubPath(place: GitHubPlace): string {
    const { owner } = this.settings.github;
    if (place.kind === "organization") return `orgs/${encodeURIComponent(owner)}/actions`;
    const repository = repositoryPath(owner, place.repository);
    if (place.kind === "repository") return `${repository}/actions`;
    return `${repository}/environments/${encodeURIComponent(place.environment)}`;
  }

  private atGitHub(path: string): ApiQuestion {
    return { url: `${this.settings.endpoints.github}/${path}`, token: this.settings.tokens.github };
  }

  private atVercel(path: string): ApiQuestion {
    return { url: `${this.settings.endpoints.vercel}/${path}`, token: this.settings.tokens.vercel };
  }
}

interface GitHubEntry {
  readonly name: string;
  /** Of variables only. */
  readonly value?: string;
  readonly updated_at?: string;
}

interface VercelVariable {
  readonly id?: string;
  readonly key: string;
  readonly type?: string;
  readonly target?: string | readonly string[];
  readonly gitBranch?: string | null;
  readonly updatedAt?: number;
}

/** When an entry was written: milliseconds since 1970, from either vendor's form of time; NaN where it is neither. */
export function timeOf(updatedAt: string): number {
  return /^\d+$/.test(updatedAt) ? Number(updatedAt) : Date.parse(updatedAt);
}

function contentsOf(entries: readonly PlaceEntry[]): PlaceContents {
  const names = (kind: EntryKind) => [...new Set(entries.filter((one) => one.kind === kind).map(({ name }) => name))];
  const times = entries.flatMap(({ name, updatedAt = "" }) => {
    const time = timeOf(updatedAt);
    return Number.isNaN(time) ? [] : [[name, new Date(time).toISOString()] as const];
  });
  return { secrets: names("secrets"), variables: names("variables"), writtenAt: Object.fromEntries(times) };
}
