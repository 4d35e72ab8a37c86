/** What does the GitHub stand-in know? One organization, its repositories with their environments, tokens, and scopes of secrets and variables. */
import { type GitHubAuditEvent, type RepositoryPeople } from "./people-routes";
import { SecretScope } from "./secret-scope";
import { VariableScope } from "./variable-scope";
import { notFound } from "./replies";

/**
 * What a token may do: `admin` everything in the organization, `reader` read the repositories but administer nothing (403),
 * `stranger` see public things only (404 for everything else).
 */
export type GitHubRole = "admin" | "reader" | "stranger";

/** A place where secrets or variables live. Names are those inside the organization. */
export type GitHubScope =
  | { readonly kind: "repository"; readonly repository: string }
  | { readonly kind: "environment"; readonly repository: string; readonly environment: string }
  | { readonly kind: "dependabot"; readonly repository: string }
  | { readonly kind: "organization" }
  | { readonly kind: "organization-dependabot" };

/** A deployment environment of a repository, with the settings that a `PUT` gave it. */
export interface GitHubEnvironment {
  readonly id: number;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A private repository of the organization. */
export interface GitHubRepository {
  readonly id: number;
  readonly name: string;
  readonly environments: Map<string, GitHubEnvironment>;
}

/** Secrets that fit: 100 a repository or environment, 1,000 an organization (https://docs.github.com/actions/reference/security/secrets#limits-for-secrets). */
const SECRET_LIMITS = {
  repository: 100,
  environment: 100,
  dependabot: 100,
  organization: 1000,
  "organization-dependabot": 1000,
} as const;

/** Variables that fit (https://docs.github.com/actions/reference/workflows-and-actions/variables#limits-for-configuration-variables). */
const VARIABLE_LIMITS = {
  repository: 500,
  environment: 100,
  dependabot: 0,
  organization: 1000,
  "organization-dependabot": 0,
} as const;

const FIRST_REPOSITORY_ID = 7_001_001;

/** The stand-in's memory. Repository and environment names are not case-sensitive, as on GitHub. */
export class GitHubState {
  readonly organizationId = 9_100_200;
  private readonly roles = new Map<string, GitHubRole>();
  private readonly repositoriesByName = new Map<string, GitHubRepository>();
  private readonly secretScopes = new Map<string, SecretScope>();
  private readonly variableScopes = new Map<string, VariableScope>();
  private readonly peopleByName = new Map<string, RepositoryPeople>();
  private nextEnvironmentId = 5_000_001;
  /** Only organizations of GitHub Enterprise Cloud have one. */
  auditLog: readonly GitHubAuditEvent[] | undefined;

  constructor(
    readonly organization: string,
    repositories: readonly string[],
    readonly now: () => Date,
  ) {
    repositories.forEach((name) => this.addRepository(name));
  }

  /** One more repository, empty. */
  addRepository(name: string): void {
    const id = FIRST_REPOSITORY_ID + this.repositoriesByName.size;
    this.repositoriesByName.set(name.toLowerCase(), { id, name, environments: new Map() });
  }

  /** One administrator, where nobody has said otherwise. */
  people(repository: string): RepositoryPeople {
    return this.peopleByName.get(repository.toLowerCase()) ?? { collaborators: { "sandbox-admin": "admin" } };
  }

  setPeople(repository: string, people: RepositoryPeople): void {
    this.peopleByName.set(this.requireRepository(repository).name.toLowerCase(), people);
  }

  setRole(token: string, role: GitHubRole): void {
    this.roles.set(token, role);
  }

  /** The token is refused from now on. */
  revoke(token: string): void {
    this.roles.delete(token);
  }

  roleOf(token: string | undefined): GitHubRole | undefined {
    return token === undefined ? undefined : this.roles.get(token);
  }

  repositories(): readonly GitHubRepository[] {
    return [...this.repositoriesByName.values()];
  }

  repositoryIds(): ReadonlySet<number> {
    return new Set(this.repositories().map((repository) => repository.id));
  }

  /** Throws 404. */
  requireRepository(name: string): GitHubRepository {
    const found = this.repositoriesByName.get(name.toLowerCase());
    if (!found) throw notFound();
    return found;
  }

  /** `id` in digits, as it stands in a path. Throws 404. */
  requireRepositoryById(id: string): GitHubRepository {
    const found = this.repositories().find((repository) => String(repository.id) === id);
    if (!found) throw notFound();
    return found;
  }

  /** Creates the environment or replaces its settings. */
  putEnvironment(
    repository: GitHubRepository,
    name: string,
    settings: Readonly<Record<string, unknown>>,
  ): GitHubEnvironment {
    const before = repository.environments.get(name.toLowerCase());
    const environment = {
      id: before?.id ?? this.nextEnvironmentId++,
      name: before?.name ?? name,
      createdAt: before?.createdAt ?? this.now(),
      updatedAt: this.now(),
      settings,
    };
    repository.environments.set(name.toLowerCase(), environment);
    return environment;
  }

  /** Throws 404. */
  requireEnvironment(repository: GitHubRepository, name: string): GitHubEnvironment {
    const found = repository.environments.get(name.toLowerCase());
    if (!found) throw notFound();
    return found;
  }

  /** The environment goes with its secrets and variables. Throws 404. */
  removeEnvironment(repository: GitHubRepository, name: string): void {
    if (!repository.environments.delete(name.toLowerCase())) throw notFound();
    const key = scopeKey({ kind: "environment", repository: repository.name, environment: name });
    this.secretScopes.delete(key);
    this.variableScopes.delete(key);
  }

  /** Throws 404 when the scope's repository or environment is not there. */
  secrets(scope: GitHubScope): SecretScope {
    this.requireScope(scope);
    return getOrCreate(this.secretScopes, scopeKey(scope), () => new SecretScope(SECRET_LIMITS[scope.kind], this.now));
  }

  /** Throws 404 when the scope's repository or environment is not there. */
  variables(scope: GitHubScope): VariableScope {
    this.requireScope(scope);
    return getOrCreate(
      this.variableScopes,
      scopeKey(scope),
      () => new VariableScope(VARIABLE_LIMITS[scope.kind], this.now),
    );
  }

  private requireScope(scope: GitHubScope): void {
    if (!("repository" in scope)) return;
    const repository = this.requireRepository(scope.repository);
    if (scope.kind === "environment") this.requireEnvironment(repository, scope.environment);
  }
}

function scopeKey(scope: GitHubScope): string {
  if (!("repository" in scope)) return scope.kind;
  const place = `${scope.kind}:${scope.repository.toLowerCase()}`;
  return scope.kind === "environment" ? `${place}/${scope.environment.toLowerCase()}` : place;
}

function getOrCreate<T>(map: Map<string, T>, key: string, create: () => T): T {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
