/** Who can read the secrets at GitHub? Whoever may push can write a workflow that does. https://docs.github.com/en/actions/reference/security/secure-use */
import { variablesFor } from "../../../services/select";
import { type ApiQuestion } from "../../api-reader";
import { githubPlaces, repositoriesOf } from "../../sync/desired";
import { githubLabel, repositoryPath } from "../../sync/questions";
import { isoTime } from "../ledger";
import { known, readPlace, type Accessor, type AccessPlace, type AccessWorld, type Found } from "./place";

interface Collaborator {
  readonly login: string;
  readonly role_name?: string;
  readonly permissions?: { readonly push?: boolean; readonly maintain?: boolean; readonly admin?: boolean };
}

interface DeployKey {
  readonly title: string;
  readonly read_only: boolean;
  readonly created_at?: string;
  readonly last_used?: string | null;
}

interface Environment {
  readonly name: string;
  readonly created_at?: string;
  readonly can_admins_bypass?: boolean;
  readonly deployment_branch_policy?: object | null;
  readonly protection_rules?: readonly {
    readonly type: string;
    readonly wait_timer?: number;
    readonly reviewers?: readonly { readonly reviewer?: { readonly login?: string; readonly slug?: string } }[];
  }[];
}

const REPOSITORY =
  "GITHUB_TOKEN must be of somebody who may push to the repository (classic tokens: scopes repo and read:org).";
const ORGANIZATION = "GITHUB_TOKEN must be of an owner of the organization (classic tokens: scope admin:org).";

/** Repositories that have the secrets or read the organization's, and the organization's own. */
export function readGitHubAccess(world: AccessWorld): Promise<AccessPlace>[] {
  const { settings } = world;
  const places = githubPlaces(settings);
  const repositories = repositoriesOf(places);
  const owner = settings.github.owner;
  return [
    ...repositories.map((repository) =>
      readPlace(githubLabel(owner, { kind: "repository", repository }), REPOSITORY, () => people(world, repository)),
    ),
    ...places.flatMap((place) =>
      place.kind === "organization"
        ? [readPlace(githubLabel(owner, place), ORGANIZATION, () => organizationReaders(world))]
        : [],
    ),
  ];
}

async function people(world: AccessWorld, repository: string): Promise<Found> {
  const path = repositoryPath(world.settings.github.owner, repository);
  const [collaborators, keys, environments] = await Promise.all([
    world.api.linked<Collaborator>(ask(world, `${path}/collaborators?affiliation=all&per_page=100`)),
    world.api.linked<DeployKey>(ask(world, `${path}/keys?per_page=100`)),
    world.api.pages<Environment>(ask(world, `${path}/environments`), "environments", 100),
  ]);
  // Who is shown without permissions may have any.
  const writers = collaborators.filter(({ permissions }) => permissions?.push !== false);
  const readers = collaborators.length - writers.length;
  return {
    accessors: [
      ...writers.map(({ login, role_name: role, permissions }) => ({
        ...{ who: login, kind: "user" as const },
        how: `${role ?? (permissions?.admin ? "admin" : permissions ? "write" : "not said what")}: by a workflow that it pushes`,
      })),
      ...keys
        .filter((key) => !key.read_only)
        .map(({ title, created_at: created, last_used: used }) => ({
          ...{ who: title, kind: "key" as const, how: "deploy key with write: by a workflow that it pushes" },
          ...known({ since: isoTime(created), lastUsed: isoTime(used) }),
        })),
      ...environments.map(describeEnvironment),
    ],
    notes: [
      ...(readers > 0 ? [`${readers} more may read the code, and no secret.`] : []),
      "Apps that are installed with write access are not listed.",
    ],
  };
}

/** What a workflow run must pass before it gets the environment's own secrets. */
function describeEnvironment(environment: Environment): Accessor {
  const { name, created_at: created, can_admins_bypass: bypass, deployment_branch_policy: branches } = environment;
  const rules = (environment.protection_rules ?? []).flatMap(({ type, wait_timer: minutes, reviewers = [] }) => {
    const names = reviewers.flatMap(({ reviewer }) => reviewer?.login ?? reviewer?.slug ?? []);
    if (type === "required_reviewers") return [`approved by one of ${names.join(", ")}`];
    return type === "wait_timer" ? [`after ${minutes ?? 0} min`] : [];
  });
  const passes = [...rules, ...(branches ? ["from chosen branches"] : [])];
  const how = passes.length === 0 ? "no protection: every branch" : passes.join(", ");
  return {
    ...{ who: name, kind: "environment" },
    how: `${how}${passes.length > 0 && bypass ? "; admins may bypass it" : ""}`,
    ...known({ since: isoTime(created) }),
  };
}

interface OrganizationSecret {
  readonly name: string;
  readonly visibility: string;
}

/** Which repositories get how many of our secrets. */
async function organizationReaders(world: AccessWorld): Promise<Found> {
  const path = `orgs/${encodeURIComponent(world.settings.github.owner)}/actions/secrets`;
  const ours = new Set(variablesFor("github", world.catalogue).map(({ name }) => name));
  const listed = await world.api.pages<OrganizationSecret>(ask(world, path), "secrets", 100);
  const counts = new Map<string, number>();
  for (const { name, visibility } of listed.filter((one) => ours.has(one.name))) {
    for (const reader of await readersOf(world, `${path}/${encodeURIComponent(name)}/repositories`, visibility))
      counts.set(reader, (counts.get(reader) ?? 0) + 1);
  }
  return {
    accessors: [...counts].map(([who, count]) => ({ who, kind: "repository", how: `reads ${count} secrets` })),
    notes: ["Whoever may push to such a repository can read them."],
  };
}

async function readersOf(world: AccessWorld, path: string, visibility: string): Promise<string[]> {
  if (visibility !== "selected")
    return [visibility === "all" ? "every repository, public ones too" : "every private repository"];
  const selected = await world.api.pages<{ readonly name: string }>(ask(world, path), "repositories", 100);
  return selected.map(({ name }) => name);
}

function ask({ settings }: AccessWorld, path: string): ApiQuestion {
  return { url: `${settings.endpoints.github}/${path}`, token: settings.tokens.github };
}
