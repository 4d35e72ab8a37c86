/** Which resources of the stack belong to one place? Names and URN patterns, so that an `up` touches nothing else. */
import { type StackResource } from "../stack-state";
import { BATCH_TYPE } from "./batched";
import { type GitHubPlace } from "./desired";

/** A component resource of the program that owns everything in one place. */
export interface PlaceComponent {
  /** Type token: `sophia:index:…`. */
  readonly type: string;
  readonly name: string;
}

const REPOSITORY = "sophia:index:GitHubActionsSecrets";
const ORGANIZATION = "sophia:index:GitHubOrganizationSecrets";

/** The name of a place's component; no two places have the same type and name. */
export function placeName(place: GitHubPlace): string {
  if (place.kind === "organization") return "organization";
  return place.kind === "repository" ? place.repository : `${place.repository}/${place.environment}`;
}

/** The component that owns a place at GitHub. */
export function githubComponent(place: GitHubPlace): PlaceComponent {
  return { type: place.kind === "organization" ? ORGANIZATION : REPOSITORY, name: placeName(place) };
}

/** The place at GitHub that a component owns, by the component's name; undefined for another component. Readers of an organization are not in it. */
export function githubPlaceOf({ type, name }: PlaceComponent): GitHubPlace | undefined {
  if (type === ORGANIZATION) return { kind: "organization", visibility: "private", repositories: [] };
  if (type !== REPOSITORY) return undefined;
  const [repository = "", environment] = name.split("/");
  return environment === undefined
    ? { kind: "repository", repository }
    : { kind: "environment", repository, environment };
}

/** The component that owns the project's variables at Vercel. */
export const VERCEL_COMPONENT: PlaceComponent = { type: "sophia:index:VercelEnvironmentVariables", name: "vercel" };

/**
 * URN patterns for the component, its child for each variable, and the children that the state has besides (they may be in need of deletion).
 * All are patterns (`**`): the engine (3.259) refuses a plain URN that neither state nor program has, as that of a variable without a value.
 * The children are named one by one because `sophia-*` would match those of a repository `sophia-web`. Providers are targeted by themselves.
 */
export function targetsOf(
  component: PlaceComponent,
  variables: readonly string[],
  state: readonly StackResource[],
): string[] {
  const names = new Set([
    ...variables.map((variable) => childName(component, variable)),
    ...childrenOf(component, state).map(({ name }) => name),
  ]);
  return [
    componentTarget(component),
    batchTarget(component),
    ...[...names].map((name) => `${parentPattern(component)}$**::${name}`),
  ];
}

/** The URN pattern of the component itself. */
export function componentTarget(component: PlaceComponent): string {
  return `${parentPattern(component)}::${component.name}`;
}

/** The URN patterns of the component's children for these variables. */
export function childTargets(component: PlaceComponent, variables: readonly string[]): string[] {
  return variables.map((variable) => `${parentPattern(component)}$**::${childName(component, variable)}`);
}

/** The variables that the place has of us, as the state says. */
export function writtenVariables(component: PlaceComponent, state: readonly StackResource[]): string[] {
  return childrenOf(component, state).flatMap(({ name }) => variableOf(component, name) ?? []);
}

/** The resources of the place that the state has. */
export function childrenOf<T extends { readonly parent?: string | undefined }>(
  component: PlaceComponent,
  state: readonly T[],
): T[] {
  return state.filter(({ parent = "" }) => parent.endsWith(`::${component.type}::${component.name}`));
}

/** The variable that a child of the component carries, by the child's name. */
export function variableOf(component: PlaceComponent, name: string): string | undefined {
  const prefix = `${component.name}-`;
  const variable = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  // No variable's name has a dash, so a repository `sophia` never claims what belongs to `sophia-web`.
  return /^\w+$/.test(variable) ? variable : undefined;
}

/** The resource that writes the whole place; to which of its names a run is limited, the program is told. */
export function batchTarget(component: PlaceComponent): string {
  return `${parentPattern(component)}$${BATCH_TYPE}**::${component.name}`;
}

function parentPattern({ type }: PlaceComponent): string {
  return `urn:pulumi:**::${type}`;
}

function childName({ name }: PlaceComponent, variable: string): string {
  return `${name}-${variable}`;
}
