/** Which places at GitHub does a stack write to? Those of its settings file, and those that somebody has named on the command line. */
import { variablesOf } from "../../services/select";
import { type Service } from "../../services/service";
import { type IntakeEdit } from "../esc/intake";
import { type GitHubIntake, type GitHubOrganizationIntake } from "../esc/intake-destinations";
import { type AutomationError, usageError } from "../errors";
import { type Settings } from "../settings";

/** A place at GitHub that gets every variable which goes there. */
export type GitHubPlace =
  | { readonly kind: "repository"; readonly repository: string }
  | { readonly kind: "environment"; readonly repository: string; readonly environment: string }
  | ({ readonly kind: "organization" } & GitHubOrganizationIntake);

/** What a command asks for: repositories or environments in them, or the organization. */
export type GitHubRequest =
  | { readonly kind: "repositories"; readonly repositories: readonly string[]; readonly environment?: string }
  | {
      readonly kind: "organization";
      readonly visibility?: "all" | "private" | "selected";
      readonly repositories?: readonly string[];
    };

/** What follows from a request: the places to write, and what the intake must say so that every later `up` writes them too. */
export interface GitHubPlan {
  readonly places: readonly GitHubPlace[];
  /** The intake's section as it is to be. */
  readonly intake: GitHubIntake;
  /** Empty where settings and intake say it all already. */
  readonly edits: readonly IntakeEdit[];
}

/** Whether the service has anything that goes to GitHub or Vercel. */
export function isWritten(service: Service): boolean {
  return variablesOf(service).some(({ destinations }) => destinations.some((place) => place !== "esc"));
}

/** GitHub knows repositories and environments by their names in any case. */
export const isSameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

/** The settings with what the intake adds to them; the settings file wins where both name one thing. */
export function withDestinations(settings: Settings, intake: GitHubIntake | undefined): Settings {
  if (!intake) return settings;
  const { github } = settings;
  const organizationSecrets = github.organizationSecrets ?? intake.organization;
  return {
    ...settings,
    github: {
      ...github,
      repositories: union(github.repositories, intake.repositories),
      environments: intake.environments,
      ...(organizationSecrets ? { organizationSecrets } : {}),
      ...(intake.writer ? { writer: intake.writer } : {}),
    },
  };
}

/** Every place at GitHub that these settings name. */
export function githubPlaces({ github }: Settings): GitHubPlace[] {
  const { repositories, environments = {}, organizationSecrets } = github;
  return [
    ...repositories.map((repository) => ({ kind: "repository", repository }) as const),
    ...Object.entries(environments).flatMap(([repository, names]) =>
      names.map((environment) => ({ kind: "environment", repository, environment }) as const),
    ),
    ...(organizationSecrets ? [{ kind: "organization", ...organizationSecrets } as const] : []),
  ];
}

/** Every repository that has secrets of its own or of its environments, or reads the organization's by name; each once. */
export function repositoriesOf(places: readonly GitHubPlace[]): string[] {
  const named = places.flatMap((place) => (place.kind === "organization" ? place.repositories : [place.repository]));
  return named.filter((name, index) => named.findIndex((other) => isSameName(other, name)) === index);
}

/**
 * Adds a request to what is there. `settings` are those of the stack's file alone. Throws a usage error where the request contradicts them
 * or itself.
 */
export function planGitHub(
  settings: Settings,
  intake: GitHubIntake = { repositories: [], environments: {} },
  request: GitHubRequest,
): GitHubPlan {
  if (request.kind === "organization") return planOrganization(settings, intake, request);
  return request.environment === undefined
    ? planRepositories(settings, intake, request.repositories)
    : planEnvironments(intake, request.repositories, request.environment);
}

function planRepositories({ github }: Settings, intake: GitHubIntake, named: readonly string[]): GitHubPlan {
  const present = union(github.repositories, intake.repositories);
  const all = union(present, named);
  const added = all.slice(present.length);
  const repositories = [...intake.repositories, ...added];
  return {
    places: all
      .filter((repository) => named.length === 0 || named.some((name) => isSameName(name, repository)))
      .map((repository) => ({ kind: "repository", repository })),
    intake: { ...intake, repositories },
    edits: added.length === 0 ? [] : [{ path: [...SECTION, "repositories"], plain: repositories }],
  };
}

function planEnvironments(intake: GitHubIntake, named: readonly string[], environment: string): GitHubPlan {
  const environments: Record<string, readonly string[]> = { ...intake.environments };
  const edits: IntakeEdit[] = [];
  const places = union([], named).map((name): GitHubPlace => {
    const repository = Object.keys(environments).find((known) => isSameName(known, name)) ?? name;
    const present = environments[repository] ?? [];
    const all = union(present, [environment]);
    environments[repository] = all;
    if (all.length > present.length) edits.push({ path: [...SECTION, "environments", repository], plain: all });
    const spelling = all.find((known) => isSameName(known, environment)) ?? environment;
    return { kind: "environment", repository, environment: spelling };
  });
  return { places, intake: { ...intake, environments }, edits };
}

function planOrganization(
  { github, stack }: Settings,
  intake: GitHubIntake,
  request: Extract<GitHubRequest, { kind: "organization" }>,
): GitHubPlan {
  const present = github.organizationSecrets ?? intake.organization;
  const visibility = request.visibility ?? present?.visibility ?? "private";
  const kept = visibility === present?.visibility ? present.repositories : [];
  const repositories = union([], request.repositories ?? kept);
  requireMatching(visibility, repositories);
  const wanted = { visibility, repositories };
  const isNew = !present || !isSameAudience(present, wanted);
  if (isNew && github.organizationSecrets) {
    throw usageError(
      "sync.settings_differ",
      `Pulumi.${stack}.yaml says otherwise of the organization's secrets (visibility ${github.organizationSecrets.visibility}); nothing was changed.`,
      "Change sophia:githubOrganizationVisibility and sophia:githubOrganizationRepositories there, or leave the options out.",
    );
  }
  return {
    places: [{ kind: "organization", ...wanted }],
    intake: github.organizationSecrets ? intake : { ...intake, organization: wanted },
    edits: isNew ? [{ path: [...SECTION, "organization"], plain: wanted }] : [],
  };
}

/**
 * Takes places out of what the command line has named once. Throws a usage error for one that the settings file names, which would win, and
 * for one that nobody has named.
 */
export function forgetPlaces(
  { github, stack }: Settings,
  intake: GitHubIntake = { repositories: [], environments: {} },
  places: readonly GitHubPlace[],
): Omit<GitHubPlan, "places"> {
  const own: Settings["github"] = { ...github, environments: {} };
  const inSettings = githubPlaces({ github: own } as Settings);
  let left = intake;
  const edits: IntakeEdit[] = [];
  for (const place of places) {
    const known = withoutPlace(left, place);
    if (!known) throw inSettings.some((one) => isSamePlace(one, place)) ? settledPlace(stack) : unnamedPlace(stack);
    left = known.intake;
    edits.push(known.edit);
  }
  return { intake: left, edits };
}

function withoutPlace(
  intake: GitHubIntake,
  place: GitHubPlace,
): { intake: GitHubIntake; edit: IntakeEdit } | undefined {
  if (place.kind === "organization") {
    const { organization, ...rest } = intake;
    return organization && { intake: rest, edit: { path: [...SECTION, "organization"], remove: true } };
  }
  if (place.kind === "repository") {
    const repositories = intake.repositories.filter((name) => !isSameName(name, place.repository));
    const edit = { path: [...SECTION, "repositories"], plain: repositories };
    return repositories.length < intake.repositories.length ? { intake: { ...intake, repositories }, edit } : undefined;
  }
  const repository = Object.keys(intake.environments).find((name) => isSameName(name, place.repository)) ?? "";
  const present = intake.environments[repository] ?? [];
  const names = present.filter((name) => !isSameName(name, place.environment));
  const edit = { path: [...SECTION, "environments", repository], plain: names };
  const environments = { ...intake.environments, [repository]: names };
  return names.length < present.length ? { intake: { ...intake, environments }, edit } : undefined;
}

function isSamePlace(left: GitHubPlace, right: GitHubPlace): boolean {
  const key = (place: GitHubPlace) =>
    [place.kind, "repository" in place ? place.repository : "", "environment" in place ? place.environment : ""].join();
  return isSameName(key(left), key(right));
}

function settledPlace(stack: string): AutomationError {
  return usageError(
    "sync.settings_differ",
    `Pulumi.${stack}.yaml names that place, so every \`up\` writes there; nothing was changed.`,
    `Take it out of sophia:githubRepositories or sophia:githubOrganizationVisibility there, then run: npx sophia-secrets prune --stack ${stack}`,
  );
}

function unnamedPlace(stack: string): AutomationError {
  return usageError(
    "sync.unknown_place",
    `Stack ${stack} does not write to that place; nothing was changed.`,
    `See where it writes: npx sophia-secrets list --stack ${stack}`,
  );
}

function requireMatching(visibility: string, repositories: readonly string[]): void {
  if ((visibility === "selected") === repositories.length > 0) return;
  throw usageError(
    "sync.visibility",
    "The visibility `selected` and a list of repositories belong together; nothing was changed.",
    "Name both: --visibility selected --repositories sophia,sophia-web",
  );
}

function isSameAudience(left: GitHubOrganizationIntake, right: GitHubOrganizationIntake): boolean {
  const key = ({ visibility, repositories }: GitHubOrganizationIntake) =>
    [visibility, ...repositories.map((name) => name.toLowerCase()).sort()].join(" ");
  return key(left) === key(right);
}

/** The names of both, in the order and the spelling in which they come first. */
function union(first: readonly string[], second: readonly string[]): string[] {
  const names = [...first, ...second];
  return names.filter((name, index) => names.findIndex((other) => isSameName(other, name)) === index);
}

const SECTION = ["destinations", "github"];
