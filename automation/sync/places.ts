/** What is particular to each kind of place: its component, its limits, how it is read? */
import { type Session } from "../session";
import { type GitHubPlace } from "./desired";
import { GITHUB_LIMITS, VERCEL_LIMITS } from "./limits";
import { questionOf } from "./questions";
import { type SyncPlace } from "./sync";
import { githubComponent, VERCEL_COMPONENT } from "./targets";

/** A repository, an environment or the organization at GitHub. */
export function githubSyncPlace(session: Session, place: GitHubPlace): SyncPlace {
  const { owner } = session.settings.github;
  const where = place.kind === "organization" ? `--org ${owner}` : `--repo ${owner}/${place.repository}`;
  const below = place.kind === "environment" ? ` --env ${place.environment}` : "";
  const environment = place.kind === "environment" ? ` --environment ${place.environment}` : "";
  const verb = `${place.kind === "organization" ? "sync-github-org" : "sync-github"} ${where}${environment}`;
  return {
    question: questionOf(session.settings, place),
    destination: "github",
    component: githubComponent(place),
    limits: GITHUB_LIMITS[place.kind],
    kindOf: ({ secret }) => (secret ? "secrets" : "variables"),
    read: () => session.placeReader().github(place),
    whenTaken: (name, kind) =>
      kind === "secrets" ? "Add --adopt to replace it" : `Delete it first: gh variable delete ${name} ${where}${below}`,
    // A secret is put, a variable is posted: GitHub answers 409 where there is one.
    adopts: (kind) => kind === "secrets",
    command: `npx sophia-secrets ${verb} --stack ${session.stackName}`,
    ...(place.kind === "organization" && place.visibility === "selected" ? { readers: place.repositories.length } : {}),
  };
}

/** The stack's project at Vercel. */
export function vercelSyncPlace(session: Session): SyncPlace {
  return {
    question: questionOf(session.settings, { kind: "vercel" }),
    destination: "vercel",
    component: VERCEL_COMPONENT,
    limits: VERCEL_LIMITS,
    kindOf: () => "variables",
    read: () => session.placeReader().vercel(),
    whenTaken: (name) => `Delete it first: vercel env rm ${name}`,
    adopts: () => false,
    command: `npx sophia-secrets sync-vercel --stack ${session.stackName}`,
  };
}
