/** What does one place at GitHub or Vercel hold already? Names only, read before the first write. */
import { NoAnswerError, sendRequest, type HttpDependencies } from "../http";
import { type Settings } from "../settings";
import { type GitHubPlace } from "./desired";
import { listingError, unreachableError, type Question } from "./remedies";

/** The names in a place; Vercel knows one kind only. */
export interface PlaceContents {
  readonly secrets: readonly string[];
  readonly variables: readonly string[];
  /** When each secret was written last, as the place says it; ISO, by name. */
  readonly writtenAt?: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly updated_at?: string;
}

/** Pages as large as they may be: https://docs.github.com/en/rest/actions/secrets and /variables. */
const PAGE_SIZES = { secrets: 100, variables: 30 } as const;

/** Lists places with the controlling tokens. Every method throws an error with the remedy for what was answered. */
export class PlaceReader {
  constructor(
    private readonly settings: Settings,
    private readonly http: HttpDependencies,
    private readonly signal?: AbortSignal,
  ) {}

  /** Lists a place at GitHub, those secrets and variables included that are not ours. */
  async github(place: GitHubPlace): Promise<PlaceContents> {
    const { owner } = this.settings.github;
    if (place.kind === "organization") {
      for (const repository of place.repositories) await this.requireRepository(repository);
      return this.listGitHub(place, `orgs/${encodeURIComponent(owner)}/actions`);
    }
    const repository = repositoryPath(owner, place.repository);
    const below = place.kind === "repository" ? "actions" : `environments/${encodeURIComponent(place.environment)}`;
    return this.listGitHub(place, `${repository}/${below}`);
  }

  /**
   * Lists the variables of the stack's Vercel project that would stand in the way of ours: same targets, no branch of their own.
   * https://vercel.com/docs/rest-api/projects/retrieve-the-environment-variables-of-a-project-by-id-or-name
   */
  async vercel(): Promise<PlaceContents> {
    const { vercel, endpoints, tokens } = this.settings;
    const question = {
      place: vercelLabel(this.settings),
      tokenVariable: "SOPHIA_VERCEL_CONTROL_TOKEN",
      rights: "the project's environment variables, for a member of the team",
      absence:
        "Check sophia:vercelProject and sophia:vercelTeam in the stack's settings, and that the token belongs to that team.",
    };
    const url = `${endpoints.vercel}/v10/projects/${encodeURIComponent(vercel.project)}/env?teamId=${encodeURIComponent(vercel.team)}`;
    const { envs = [] } = await this.get<{ envs?: { key: string; target?: string | string[]; gitBranch?: string }[] }>(
      question,
      url,
      tokens.vercel,
    );
    const ours = envs.filter(
      ({ target = [], gitBranch }) => !gitBranch && [target].flat().some((one) => vercel.targets.includes(one)),
    );
    return { secrets: [], variables: [...new Set(ours.map(({ key }) => key))] };
  }

  /** The readers of organization secrets are looked up by the program; a misspelt one is told here, before anything is written. */
  private async requireRepository(repository: string): Promise<void> {
    const { github, endpoints, tokens } = this.settings;
    const question = this.githubQuestion({ kind: "repository", repository });
    await this.get(question, `${endpoints.github}/${repositoryPath(github.owner, repository)}`, tokens.github);
  }

  private async listGitHub(place: GitHubPlace, path: string): Promise<PlaceContents> {
    const { endpoints, tokens } = this.settings;
    const list = async (kind: keyof typeof PAGE_SIZES) => {
      const entries: Entry[] = [];
      for (let page = 1; ; page += 1) {
        const url = `${endpoints.github}/${path}/${kind}?per_page=${PAGE_SIZES[kind]}&page=${page}`;
        const body = await this.get<Record<string, Entry[]>>(this.githubQuestion(place), url, tokens.github);
        const items = body[kind] ?? [];
        entries.push(...items);
        if (items.length < PAGE_SIZES[kind]) return entries;
      }
    };
    const [secrets, variables] = await Promise.all([list("secrets"), list("variables")]);
    return {
      secrets: secrets.map(({ name }) => name),
      variables: variables.map(({ name }) => name),
      writtenAt: Object.fromEntries(secrets.flatMap(({ name, updated_at: at }) => (at ? [[name, at]] : []))),
    };
  }

  private githubQuestion(place: GitHubPlace): Question {
    const { owner } = this.settings.github;
    return {
      place: githubLabel(owner, place),
      tokenVariable: "GITHUB_TOKEN",
      rights:
        place.kind === "organization"
          ? "the organization's secrets and variables, read and write (classic tokens: scope admin:org)"
          : "the repository's secrets, variables and environments, read and write (classic tokens: scope repo)",
      absence:
        place.kind === "environment"
          ? `Make the environment first, with the protection it is to have: gh api --method PUT ${repositoryPath(owner, place.repository)}/environments/${encodeURIComponent(place.environment)}`
          : `Check the spelling, and that the token may see it: gh api ${place.kind === "organization" ? `orgs/${owner}` : repositoryPath(owner, place.repository)}`,
    };
  }

  private async get<T>(question: Question, url: string, token: string): Promise<T> {
    const headers = { authorization: `Bearer ${token}`, accept: "application/json", "user-agent": "sophia-secrets" };
    const request = { method: "GET", url, headers, attempts: 3, ...(this.signal ? { signal: this.signal } : {}) };
    const result = await sendRequest(request, this.http).catch((error: unknown) => {
      throw unreachableError(question, error instanceof NoAnswerError ? error.reason : "no answer");
    });
    if (result.status !== 200) throw listingError(question, result);
    try {
      return JSON.parse(result.text) as T;
    } catch {
      throw unreachableError(question, "an answer that is not JSON");
    }
  }
}

/** A place in words, as `audit` says it too. */
export function githubLabel(owner: string, place: GitHubPlace): string {
  if (place.kind === "organization") return `github organization ${owner}`;
  const repository = `github ${owner}/${place.repository}`;
  return place.kind === "repository" ? repository : `${repository} environment ${place.environment}`;
}

/** The Vercel project in words. */
export function vercelLabel({ vercel }: Settings): string {
  return `vercel ${vercel.project}`;
}

function repositoryPath(owner: string, repository: string): string {
  return `repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}`;
}
