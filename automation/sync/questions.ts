/** Whom do we ask about a place, and what may be behind a refusal there? One description for each kind of place. */
import { type Settings } from "../settings";
import { type GitHubPlace } from "./desired";

/** Any place outside ESC that a stack writes to. */
export type Place = GitHubPlace | { readonly kind: "vercel" };

/** Who asked what of whom: all that a remedy needs to know. */
export interface Question {
  /** `github payready/sophia`, `github organization payready`, `vercel prj_…`. */
  readonly place: string;
  /** Environment variable with the controlling token. */
  readonly tokenVariable: string;
  /** What the token must be allowed, in the vendor's words. */
  readonly rights: string;
  /** What else may be behind a 404. */
  readonly absence: string;
  /** What may be misspelt where the request itself is refused. */
  readonly spelling: string;
  /** Where the vendor says that it is down. */
  readonly statusPage: string;
  /** The setting with the vendor's address. */
  readonly endpointVariable: string;
}

/** What there is to say of a place of this stack. */
export function questionOf(settings: Settings, place: Place): Question {
  return place.kind === "vercel" ? vercelQuestion(settings) : githubQuestion(settings, place);
}

/** A place in words, the same in every command. */
export function placeLabel(settings: Settings, place: Place): string {
  return place.kind === "vercel" ? vercelLabel(settings) : githubLabel(settings.github.owner, place);
}

/** A place at GitHub in words. */
export function githubLabel(owner: string, place: GitHubPlace): string {
  if (place.kind === "organization") return `github organization ${owner}`;
  const repository = `github ${owner}/${place.repository}`;
  return place.kind === "repository" ? repository : `${repository} environment ${place.environment}`;
}

/** The Vercel project in words. */
export function vercelLabel({ vercel }: Settings): string {
  return `vercel ${vercel.project}`;
}

/** `repos/OWNER/NAME`, as GitHub's API and `gh api` want it. */
export function repositoryPath(owner: string, repository: string): string {
  return `repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}`;
}

function githubQuestion({ github: { owner } }: Settings, place: GitHubPlace): Question {
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
    spelling: "the owner, the repository and the environment",
    statusPage: "https://www.githubstatus.com",
    endpointVariable: "SOPHIA_GITHUB_URL",
  };
}

function vercelQuestion(settings: Settings): Question {
  return {
    place: vercelLabel(settings),
    tokenVariable: "SOPHIA_VERCEL_CONTROL_TOKEN",
    rights: "the project's environment variables, for a member of the team",
    absence:
      "Check sophia:vercelProject and sophia:vercelTeam in the stack's settings, and that the token belongs to that team.",
    spelling: "sophia:vercelProject and sophia:vercelTeam in the stack's settings",
    statusPage: "https://www.vercel-status.com",
    endpointVariable: "SOPHIA_VERCEL_URL",
  };
}
