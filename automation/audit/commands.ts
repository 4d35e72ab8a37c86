/** Which command mends a thing at a place? Words to be run as they stand, quoted where a name needs it. */
import { type Settings } from "../settings";
import { type EntryKind } from "../sync/limits";
import { type Place } from "../sync/questions";

/** A command of ours for the stack. */
export function ours(stack: string, ...words: readonly string[]): string {
  return ["npx sophia-secrets", ...words, "--stack", shellWord(stack)].join(" ");
}

/** Several commands, each after the one before has done its work. */
export function inTurn(...commands: readonly string[]): string {
  return commands.join(" && ");
}

/** The command that brings one place about. */
export function syncCommand({ stack, github, vercel }: Settings, where: Place, ...more: readonly string[]): string {
  if (where.kind === "vercel") return ours(stack, "sync-vercel", "--project", shellWord(vercel.project), ...more);
  if (where.kind === "organization") return ours(stack, "sync-github-org", "--org", shellWord(github.owner), ...more);
  const environment = where.kind === "environment" ? ["--environment", shellWord(where.environment)] : [];
  const repository = shellWord(`${github.owner}/${where.repository}`);
  return ours(stack, "sync-github", "--repo", repository, ...environment, ...more);
}

/** The vendor's own command that takes an entry out of a place. */
export function deleteCommand({ github }: Settings, where: Place, name: string, kind: EntryKind): string {
  if (where.kind === "vercel") return `vercel env rm ${shellWord(name)} --yes`;
  const noun = kind === "secrets" ? "secret" : "variable";
  const scope =
    where.kind === "organization"
      ? `--org ${shellWord(github.owner)}`
      : `--repo ${shellWord(`${github.owner}/${where.repository}`)}`;
  const environment = where.kind === "environment" ? ` --env ${shellWord(where.environment)}` : "";
  return `gh ${noun} delete ${shellWord(name)} ${scope}${environment}`;
}

/** A word as a POSIX shell takes it for itself. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
