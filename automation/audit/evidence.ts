/** What do the stores say? Everything that the audit looks at, each part read by itself: what cannot be read is a value, not an end. */
import { type Service } from "../../services/service";
import { type ApiReader } from "../api-reader";
import { AutomationError } from "../errors";
import { type Intake } from "../esc/intake";
import { type PublishedValues } from "../rotation/world";
import { type Session } from "../session";
import { type Settings } from "../settings";
import { withDestinations } from "../sync/desired";
import { parseLedger, type Ledger } from "./ledger";
import { listPlaces, placesOf, type PlaceListing } from "./place-listing";
import { auditTokens, type TokenAudit } from "./tokens";
import { auditEnvFiles, type EnvFileAudit } from "./working-directory";

/** A part of the evidence. `not asked`: the audit is offline, or nobody said where to look. */
export type Evidence<T> =
  | { readonly state: "read"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "not asked" }
  | { readonly state: "unreadable"; readonly reason: string; readonly hint?: string };

/** A definition as ESC stores it. */
export interface StoredDefinition {
  readonly yaml: string;
  readonly revision: number;
  /** When the newest revision was written, ISO. */
  readonly writtenAt?: string;
}

/** What consumers of another stack read. */
export interface Sibling {
  readonly stack: string;
  readonly values: Evidence<Readonly<Record<string, string>>>;
}

/** All of it. */
export interface AuditEvidence {
  /** With the places that the intake adds. */
  readonly settings: Settings;
  readonly intake: Evidence<Intake>;
  readonly definitions: Readonly<Record<"intake" | "secrets" | "published", Evidence<StoredDefinition>>>;
  readonly published: Evidence<PublishedValues>;
  /** ESC environments that import the published one. */
  readonly importers: Evidence<readonly string[]>;
  readonly ledger: Evidence<Ledger>;
  readonly places: readonly PlaceListing[];
  readonly tokens: readonly TokenAudit[];
  readonly envFiles: readonly EnvFileAudit[];
  readonly siblings: readonly Sibling[];
}

/** Where else to look than the stack itself. */
export interface EvidenceOptions {
  /** Nothing but Pulumi's state. @default false */
  readonly offline?: boolean;
  /** For what only GitHub and Vercel can say of tokens and readable values. */
  readonly api?: ApiReader;
  /** A folder whose env files are looked at, with PATH and HOME for git. */
  readonly workingDirectory?: { readonly path: string; readonly environment: NodeJS.ProcessEnv };
  /** Sessions of the other stacks of the project. */
  readonly siblings?: readonly Session[];
}

const NOT_ASKED = { state: "not asked" } as const;

/** Gathers the evidence. Throws only what makes an audit impossible: settings, a refused or unreachable ESC, an interrupt. */
export async function gatherEvidence(
  session: Session,
  catalogue: readonly Service[],
  options: EvidenceOptions,
  now: number,
): Promise<AuditEvidence> {
  const { settings } = session;
  const { offline = false, api, workingDirectory } = options;
  if (!offline) await session.checkEsc();
  const online = <T>(read: () => Promise<T | undefined>): Promise<Evidence<T>> =>
    offline ? Promise.resolve(NOT_ASKED) : attempt(read);
  const definition = (environment: string) => online(() => readDefinition(session, environment));
  const [[ofIntake, intake], ofSecrets, ofPublished, published, importers, ledger, envFiles] = await Promise.all([
    definition(settings.environments.intake).then((found) => withIntake(found, session)),
    definition(settings.environments.secrets),
    definition(settings.environments.published),
    online(() => openIfThere(session)),
    online(() => session.esc.importers(settings.environments.published)),
    attempt(async () => parseLedger(await session.stack().exportState())),
    workingDirectory ? auditEnvFiles(workingDirectory.path, workingDirectory.environment) : [],
  ]);
  session.throwIfInterrupted();
  const all = withDestinations(settings, intake.state === "read" ? intake.value.github : undefined);
  const [places, tokens, siblings] = await Promise.all([
    offline ? placesOf(all) : listPlaces(session, all, api),
    auditTokens(all, offline ? undefined : api, ledger.state === "read" ? ledger.value : undefined, now),
    offline ? [] : Promise.all((options.siblings ?? []).map(readSibling)),
  ]);
  session.throwIfInterrupted();
  const definitions = { intake: ofIntake, secrets: ofSecrets, published: ofPublished };
  return { settings: all, intake, definitions, published, importers, ledger, places, tokens, envFiles, siblings };
}

async function readDefinition({ esc }: Session, environment: string): Promise<StoredDefinition | undefined> {
  const [found, writtenAt] = await Promise.all([esc.read(environment), esc.writtenAt(environment)]);
  if (!found) return undefined;
  return { yaml: found.yaml, revision: found.revision, ...(writtenAt === undefined ? {} : { writtenAt }) };
}

/** The intake's definition, and what the very same revision says. */
async function withIntake(
  found: Evidence<StoredDefinition>,
  { intake }: Session,
): Promise<[Evidence<StoredDefinition>, Evidence<Intake>]> {
  return [found, found.state === "read" ? await attempt(() => intake.at(found.value.revision)) : found];
}

async function openIfThere(session: Session): Promise<PublishedValues | undefined> {
  return session.openPublished().catch((error: unknown) => {
    if (error instanceof AutomationError && error.code === "published.missing") return undefined;
    throw error;
  });
}

async function readSibling(session: Session): Promise<Sibling> {
  const values = await attempt(async () => (await openIfThere(session))?.environmentVariables);
  return { stack: session.stackName, values };
}

/** Only errors that were foreseen are evidence; anything else is a defect of ours and stays one. */
async function attempt<T>(read: () => Promise<T | undefined>): Promise<Evidence<T>> {
  try {
    const value = await read();
    return value === undefined ? { state: "absent" } : { state: "read", value };
  } catch (error) {
    if (!(error instanceof AutomationError)) throw error;
    const { message: reason, hint } = error;
    return { state: "unreadable", reason, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Whether nobody has seen the part: it may be there or not. */
export function isUnseen({ state }: Evidence<unknown>): boolean {
  return state === "unreadable" || state === "not asked";
}

/** What a part says, where it was read. */
export function valueOf<T>(evidence: Evidence<T>): T | undefined {
  return evidence.state === "read" ? evidence.value : undefined;
}
