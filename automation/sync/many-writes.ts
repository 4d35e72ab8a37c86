/** What do many writes to GitHub cost, and is there a way with fewer of them? Data for a plan, before anything is written. */
import { budgetFor, describeWriting, writingMs } from "../github/budget";
import { type Settings } from "../settings";
import { GITHUB_LIMITS } from "./limits";

/** What is to be written to a place; of a place elsewhere nothing is said. */
export interface PlannedWrites {
  /** Undefined for what is no repository. */
  readonly repository?: string;
  /** Names that the place is to hold of us. */
  readonly names: readonly string[];
  /** Requests that change something. */
  readonly writes: number;
}

/** How long it takes, where GitHub makes it take long. */
export interface WritingTime {
  readonly writes: number;
  readonly seconds: number;
  /** `2000 writes: about 27 min, at 72 a minute (…)`. */
  readonly text: string;
}

/** The same values as secrets of the organization, which the repositories read. */
export interface OrganizationAlternative {
  /** Entries that are kept now: every name in every repository. A rotation writes its own names as often. */
  readonly entries: number;
  readonly instead: number;
  readonly command: string;
}

/** With fewer repositories than this nobody gains by another way. */
const MANY_REPOSITORIES = 5;

/** How many of an organization's entries one repository can use. https://docs.github.com/en/actions/reference/security/secrets#limits-for-secrets */
const USABLE_PER_REPOSITORY = 100;

/** The time that the writes take at GitHub's pace; undefined where none of them has to wait. */
export function timeOfWrites({ endpoints }: Settings, planned: readonly PlannedWrites[]): WritingTime | undefined {
  const writes = planned.reduce((sum, one) => sum + one.writes, 0);
  const budget = budgetFor(endpoints.github);
  const text = describeWriting(writes, budget);
  return text === undefined ? undefined : { writes, seconds: writingMs(writes, budget) / 1000, text };
}

/** What organization secrets would take instead of copies in each repository; undefined where that does not pay, or does not fit. */
export function organizationInstead(
  { github, stack }: Settings,
  planned: readonly PlannedWrites[],
): OrganizationAlternative | undefined {
  const repositories = planned.flatMap(({ repository }) => (repository === undefined ? [] : [repository]));
  const copies = planned.filter(({ repository }) => repository !== undefined);
  const names = new Set(copies.flatMap((one) => one.names));
  if (repositories.length < MANY_REPOSITORIES || names.size === 0) return undefined;
  if (names.size > Math.min(USABLE_PER_REPOSITORY, GITHUB_LIMITS.organization.counts.secrets)) return undefined;
  const entries = copies.reduce((sum, one) => sum + one.names.length, 0);
  const command = `npx sophia-secrets sync-github-org --org ${github.owner} --visibility selected --repositories ${repositories.join(",")} --stack ${stack}`;
  return { entries, instead: names.size, command };
}

/** Two lines for people. */
export function describeAlternative({ entries, instead, command }: OrganizationAlternative): string[] {
  return [
    `As secrets of the organization that only these repositories read it would be ${instead} writes instead of ${entries}, and each rotation as much less:`,
    `  ${command}`,
  ];
}
