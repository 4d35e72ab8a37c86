/** Who may read what? Asks every place of a stack at once. */
import { type Service } from "../../../services/service";
import { type ApiReader } from "../../api-reader";
import { AutomationError } from "../../errors";
import { type Session } from "../../session";
import { queryAsAdministrator } from "../../snowflake-admin";
import { withDestinations } from "../../sync/desired";
import { readEscAccess } from "./esc";
import { readEstuaryAccess } from "./estuary";
import { readGitHubAccess } from "./github";
import { type AccessPlace, type AccessWorld } from "./place";
import { readSnowflakeAccess } from "./snowflake";
import { readVercelAccess } from "./vercel";

/** What was found. */
export interface AccessAudit {
  readonly organization: string;
  readonly stack: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly places: readonly AccessPlace[];
}

const READERS = [readEscAccess, readGitHubAccess, readVercelAccess, readSnowflakeAccess, readEstuaryAccess];

/** Reads every place; changes nothing. `now` is in milliseconds since 1970. Throws where ESC refuses the token or does not answer. */
export async function auditAccess(
  session: Session,
  catalogue: readonly Service[],
  api: ApiReader,
  now: number,
): Promise<AccessAudit> {
  const published = await openIfThere(session);
  const state = await session.intake.find();
  const settings = withDestinations(session.settings, state?.intake.github);
  const query = (statement: string) => queryAsAdministrator(settings, statement);
  const world: AccessWorld = { settings, catalogue, api, published, query };
  const asked = await Promise.all(READERS.flatMap((read) => read(world)));
  const places = [...asked, ...catalogue.filter(isMadeByHand).map(unread)];
  session.throwIfInterrupted();
  const { organization } = session.settings;
  return { organization, stack: session.stackName, timestamp: new Date(now).toISOString(), places };
}

/** What a person has to make, a person has to look at: there is no API for either. */
function isMadeByHand({ rotation }: Service): boolean {
  return rotation !== undefined && Object.values(rotation.strategies).every(({ kind }) => kind === "provided");
}

function unread({ name, title, docs }: Service): AccessPlace {
  const reason = `${title} has no API that says who has a credential`;
  return { place: name, state: "no api", reason, hint: `Look at ${docs}`, accessors: [], notes: [] };
}

async function openIfThere(session: Session): Promise<Readonly<Record<string, string>>> {
  try {
    return (await session.openPublished()).environmentVariables;
  } catch (error) {
    if (error instanceof AutomationError && error.code === "published.missing") return {};
    throw error;
  }
}
