/** Since when is a rotation in its phase? The record does not say; the intake's own revisions do. */
import { AutomationError } from "../errors";
import { type Intake } from "../esc/intake";
import { type Session } from "../session";

/** How many revisions are looked at; further back nobody knows. */
const REVISIONS = 100;

/** ISO times by service, for services that are in a phase other than `idle`. One that has been in it for longer than can be seen is missing. */
export async function phasesSince(
  session: Session,
  phases: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const open = new Map(Object.entries(phases).filter(([, phase]) => phase !== "idle" && phase !== "unknown"));
  const since: Record<string, string> = {};
  if (open.size === 0) return since;
  const revisions = await session.esc.revisions(session.settings.environments.intake, REVISIONS);
  let later: string | undefined;
  for (const { number, created } of revisions) {
    const intake = await readAt(session, number);
    if (!intake) break;
    for (const [service, phase] of open) {
      if (intake.rotation(service).phase === phase) continue;
      // The revision after this one brought the phase.
      if (later !== undefined) since[service] = later;
      open.delete(service);
    }
    if (open.size === 0) break;
    later = created;
  }
  return since;
}

/** A revision that is retracted or that somebody broke says nothing. */
async function readAt(session: Session, revision: number): Promise<Intake | undefined> {
  return session.intake.at(revision).catch((error: unknown) => {
    if (error instanceof AutomationError) return undefined;
    throw error;
  });
}
