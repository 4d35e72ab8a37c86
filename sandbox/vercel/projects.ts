/** Which projects are there, and which requests read and write them? */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { badRequest, failure, notFound, pageReply, randomAlphanumerics, versions } from "./replies";
import { type VercelState } from "./state";
import { type VercelVariable } from "./variable";

/** A project with its own variables. Dates are milliseconds since 1970. */
export interface VercelProject {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Fields as the last create or update named them, beyond those above. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly variables: Map<string, VercelVariable>;
}

/** The projects of the team. */
export class ProjectStore {
  private readonly byId = new Map<string, VercelProject>();

  constructor(private readonly state: VercelState) {}

  list(): readonly VercelProject[] {
    return [...this.byId.values()];
  }

  /** By id or name. */
  find(idOrName: string): VercelProject | undefined {
    return this.byId.get(idOrName) ?? this.list().find((project) => project.name === idOrName);
  }

  /** Throws 404. */
  require(idOrName: string): VercelProject {
    const found = this.find(idOrName);
    if (!found) throw notFound("Project");
    return found;
  }

  /** Throws 409 when the name is taken, 400 when it is none. */
  create(
    name: unknown,
    settings: Readonly<Record<string, unknown>>,
    id = `prj_${randomAlphanumerics(28)}`,
  ): VercelProject {
    const checked = this.checkedName(name);
    const createdAt = this.state.tick();
    const project = { id, name: checked, createdAt, updatedAt: createdAt, settings, variables: new Map() };
    this.byId.set(id, project);
    return project;
  }

  /** Changes what `settings` names; `null` clears a field. Throws as `create` does. */
  update(project: VercelProject, { name, ...settings }: Readonly<Record<string, unknown>>): VercelProject {
    const changed = {
      ...project,
      name: name === undefined || name === project.name ? project.name : this.checkedName(name),
      updatedAt: this.state.now(),
      settings: { ...project.settings, ...settings },
    };
    this.byId.set(project.id, changed);
    return changed;
  }

  /** The project goes with its variables. */
  delete(project: VercelProject): void {
    this.byId.delete(project.id);
  }

  private checkedName(name: unknown): string {
    if (typeof name !== "string" || !/^[a-z0-9._-]{1,100}$/.test(name) || name.includes("---")) {
      throw badRequest("A project name has up to 100 lower-case letters, digits, '.', '_', '-', and no '---'.");
    }
    if (this.find(name)) throw failure(409, "conflict", `The project "${name}" already exists.`);
    return name;
  }
}

/** https://vercel.com/docs/rest-api/projects; the versions that the provider and people's scripts ask for. */
export function projectRoutes(state: VercelState): readonly Route[] {
  const { projects } = state;
  const named = (request: StandInRequest) => projects.require(request.params["project"] ?? "");
  const body = (project: VercelProject) => projectBody(state, project);
  return [
    ...versions([8, 9, 10], "GET", "/projects", (request) => {
      const search = request.query.get("search") ?? "";
      const matching = projects.list().filter((project) => project.name.includes(search));
      return pageReply(request, matching, "projects", body);
    }),
    ...versions([8, 9, 10, 11], "POST", "/projects", (request) => {
      const { name, ...settings } = request.json();
      return { status: 200, body: body(projects.create(name, settings)) };
    }),
    ...versions([8, 9, 10], "GET", "/projects/:project", (request) => ({ status: 200, body: body(named(request)) })),
    ...versions([9], "PATCH", "/projects/:project", (request) => ({
      status: 200,
      body: body(projects.update(named(request), request.json())),
    })),
    ...versions([8, 9], "DELETE", "/projects/:project", (request) => {
      projects.delete(named(request));
      return { status: 204 };
    }),
  ];
}

/** What a new project has before anybody changes it; the fields that the provider reads. */
const DEFAULT_SETTINGS = {
  framework: null,
  nodeVersion: "22.x",
  buildCommand: null,
  devCommand: null,
  installCommand: null,
  outputDirectory: null,
  rootDirectory: null,
  serverlessFunctionRegion: "iad1",
  autoExposeSystemEnvs: true,
  autoAssignCustomDomains: true,
  directoryListing: false,
  gitForkProtection: true,
  gitLFS: false,
  sourceFilesOutsideRootDirectory: true,
  ssoProtection: { deploymentType: "all_except_custom_domains" },
  oidcTokenConfig: { enabled: true, issuerMode: "team" },
};

const DEFAULT_RESOURCES = {
  fluid: true,
  functionDefaultMemoryType: "standard",
  functionDefaultTimeout: 300,
  functionDefaultRegions: ["iad1"],
  elasticConcurrencyEnabled: false,
  buildMachineType: "standard",
};

function projectBody(state: VercelState, project: VercelProject): object {
  const { resourceConfig, environmentVariables: _, ...settings } = project.settings;
  return {
    ...DEFAULT_SETTINGS,
    ...settings,
    resourceConfig: { ...DEFAULT_RESOURCES, ...(resourceConfig as object | undefined) },
    id: project.id,
    name: project.name,
    accountId: state.team.id,
    createdAt: project.createdAt,
    updatedAt: project.updatedAt,
  };
}
