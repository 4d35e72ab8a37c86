/** Which values does an export hold? What consumers read, what was imported and is not published yet, and the keys that no service declares. */
import { services } from "../../services";
import { materialOf, variablesOf, type DeclaredVariable } from "../../services/select";
import { type Service } from "../../services/service";
import { AutomationError } from "../errors";
import { type Intake } from "../esc/intake";
import { credentialAtHand } from "../rotation/strategies";
import { type Session } from "../session";
import { type ExportContent, type ExportedVariable } from "./formats";

/** The word for names that no service declares. */
export const OTHER = "other";

/** An export and what is to be said about it. */
export interface Collected {
  readonly content: ExportContent;
  /** Names that the intake holds and that `up` has not published yet. */
  readonly unpublished: readonly string[];
}

/** Reads ESC. Throws a usage error when the stack has no intake environment. */
export async function collectExport(
  session: Session,
  selected: readonly string[],
  now: () => number,
): Promise<Collected> {
  // The revision first: were it read last, values older than it could pass for new ones at the next import.
  const { intake, revision } = await session.intake.require();
  const published = await openPublishedOrNothing(session);
  const declared = (services as readonly Service[])
    .filter(({ name }) => selected.includes(name))
    .map((service) => ({ title: service.title, variables: variablesOfExport(service, intake, published, session) }));
  const other = selected.includes(OTHER) ? otherVariables(intake) : [];
  const groups = [...declared, { title: "Other: no service declares these", variables: other }]
    .filter(({ variables }) => variables.length > 0)
    .map((group) => ({ ...group, variables: [...group.variables].sort(byName) }));
  const unpublished = groups
    .flatMap(({ variables }) => variables)
    .filter(({ name, service }) => service !== OTHER && published[name] === undefined)
    .map(({ name }) => name);
  const { stackName: stack, intake: store } = session;
  return { content: { stack, environment: store.fullName, revision, time: new Date(now()), groups }, unpublished };
}

/** What consumers read now; nothing before the first `up`. */
export async function openPublishedOrNothing(session: Session): Promise<Readonly<Record<string, string>>> {
  try {
    return (await session.openPublished()).environmentVariables;
  } catch (error) {
    if (error instanceof AutomationError && error.code === "published.missing") return {};
    throw error;
  }
}

function variablesOfExport(
  service: Service,
  intake: Intake,
  published: Readonly<Record<string, string>>,
  session: Session,
): ExportedVariable[] {
  const stored = storedValues(service, intake, session, Object.keys(published).length > 0);
  return variablesOf(service)
    .filter(({ destinations }) => destinations.length > 0)
    .flatMap((variable) => {
      const value = published[variable.name] ?? stored(variable);
      return value === undefined || value === ""
        ? []
        : [{ name: variable.name, value, service: service.name, secret: variable.secret }];
    });
}

function storedValues(service: Service, intake: Intake, session: Session, isPublished: boolean) {
  const { settings, slots } = intake.service(service.name);
  const record = intake.rotation(service.name);
  const chosen = { credentialOf: () => session.credentialOf(service) };
  const material = service.rotation ? materialOf(credentialAtHand(service, record, chosen, isPublished)) : [];
  const current = slots[record.current] ?? {};
  return ({ name, sameAs = name }: DeclaredVariable) =>
    material.includes(sameAs) ? current[sameAs] : settings[sameAs];
}

function otherVariables(intake: Intake): ExportedVariable[] {
  return Object.entries(intake.service(OTHER).settings).map(([name, value]) => ({
    name,
    value,
    service: OTHER,
    secret: true,
  }));
}

function byName({ name: left }: ExportedVariable, { name: right }: ExportedVariable): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
