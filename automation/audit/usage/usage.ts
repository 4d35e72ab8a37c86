/** Is a credential used as it always is? Every log that can be read, judged by fixed rules. */
import { type Service } from "../../../services/service";
import { type ApiReader } from "../../api-reader";
import { AutomationError } from "../../errors";
import { UnreadableError } from "../../api-reader";
import { type Session } from "../../session";
import { queryAsAdministrator } from "../../snowflake-admin";
import { githubPlaces, repositoriesOf } from "../../sync/desired";
import { type PublishedValues } from "../../rotation/world";
import { type AccessWorld } from "../access/place";
import { judgeUse, type SubjectUse, type UseFinding } from "./rules";
import {
  escOpenings,
  githubLeaks,
  githubWrites,
  notAsked,
  readSource,
  snowflakeLogIns,
  type UseSource,
} from "./sources";

/** A log in short. */
export interface UsageSource extends Omit<UseSource, "events" | "from" | "leaks"> {
  /** ISO; from when on it is whole. */
  readonly from?: string;
  readonly subjects: readonly SubjectUse[];
}

/** A credential of which the service says only its last use. */
export interface LastUseAudit {
  readonly service: string;
  readonly state: "read" | "unreadable";
  readonly reason?: string;
  /** ISO; missing where the service knows of no use. */
  readonly lastUsed?: string;
}

/** A finding; `leaked` is a secret that GitHub found in code, `idle` a credential in use that nobody used for 30 days. */
export interface UsageFinding extends Omit<UseFinding, "rule"> {
  readonly rule: UseFinding["rule"] | "leaked" | "idle";
}

/** What was found. */
export interface UsageAudit {
  readonly organization: string;
  readonly stack: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly sources: readonly UsageSource[];
  readonly lastUses: readonly LastUseAudit[];
  readonly findings: readonly UsageFinding[];
}

const IDLE_MS = 30 * 86_400_000;

/** Reads the logs; changes nothing. `now` is in milliseconds since 1970. Throws where ESC refuses the token or does not answer. */
export async function auditUsage(
  session: Session,
  catalogue: readonly Service[],
  api: ApiReader,
  now: number,
): Promise<UsageAudit> {
  const { settings, stackName: stack } = session;
  const published = await openIfThere(session);
  const query = (statement: string) => queryAsAdministrator(settings, statement);
  const world = { settings, catalogue, api, published: published.environmentVariables, query };
  const sources = await Promise.all([
    readSource(
      `esc audit log of ${settings.organization}`,
      "It comes with the Enterprise editions, and PULUMI_ACCESS_TOKEN must be one of an admin of the organization.",
      now,
      () => escOpenings(world, now),
    ),
    ...logInSources(world, published, now),
    ...githubSources(world, now),
  ]);
  const lastUses = await Promise.all(catalogue.flatMap((service) => lastUseOf(session, service, published)));
  session.throwIfInterrupted();
  const judged = sources.map((source) => ({ source, ...judgeUse(source.events, { now, from: source.from }) }));
  return {
    ...{ organization: settings.organization, stack, timestamp: new Date(now).toISOString(), lastUses },
    sources: judged.map(({ source: { events: _events, leaks: _leaks, from, ...rest }, subjects }) => ({
      ...rest,
      ...(rest.state === "read" ? { from: new Date(from).toISOString() } : {}),
      subjects,
    })),
    findings: [
      ...sources.flatMap(({ source, leaks }) =>
        leaks.map((message): UsageFinding => ({ rule: "leaked", subject: source, message })),
      ),
      ...judged.flatMap(({ findings }) => findings),
      ...lastUses.flatMap((one) => idle(one, now)),
    ],
  };
}

/** Every user name that the stack's consumers have, or had in a slot that is alive. */
function logInSources(world: AccessWorld, { environmentVariables, slots }: PublishedValues, now: number) {
  return world.catalogue.flatMap((service): Promise<UseSource>[] => {
    const { probe } = service;
    if (probe.kind !== "snowflake") return [];
    const { tokens } = world.settings;
    const source = `${service.name} log-in history`;
    if (tokens.snowflakeUser === "" || tokens.snowflakePassword === "") {
      const hint = "Set SOPHIA_SNOWFLAKE_ADMIN_USER and SOPHIA_SNOWFLAKE_ADMIN_PASSWORD.";
      return [Promise.resolve(notAsked(source, "no administrator is set", hint))];
    }
    const inSlots = Object.values(slots[service.name] ?? {}).flatMap((slot) => slot?.[probe.user] ?? []);
    const users = [...new Set([environmentVariables[probe.user] ?? [], inSlots].flat())].filter(Boolean);
    const hint = "SOPHIA_SNOWFLAKE_ADMIN_USER must be one that may see the log-ins: sophia:snowflakeAdminRole.";
    if (users.length === 0) return [Promise.resolve(notAsked(source, "there is no user yet", "Bring the stack up."))];
    return users.map((user) => readSource(`${source} of ${user}`, hint, now, () => snowflakeLogIns(world, user, now)));
  });
}

function githubSources(world: AccessWorld, now: number): Promise<UseSource>[] {
  const { owner } = world.settings.github;
  const repositories = repositoriesOf(githubPlaces(world.settings));
  return [
    readSource(
      `github audit log of ${owner}`,
      "It comes with GitHub Enterprise Cloud, and GITHUB_TOKEN must be of an owner (classic tokens: scope read:audit_log).",
      now,
      () => githubWrites(world, now),
    ),
    ...repositories.map((repository) =>
      readSource(
        `github secret scanning of ${owner}/${repository}`,
        "Secret scanning must be on for the repository, and GITHUB_TOKEN may read its alerts.",
        now,
        () => githubLeaks(world, repository),
      ),
    ),
  ];
}

/** Services that list their tokens say of each when it was used last, and nothing more. */
function lastUseOf(session: Session, service: Service, published: PublishedValues): Promise<LastUseAudit>[] {
  const usage = service.rotation && session.credentialOf(service).usage;
  if (usage?.kind !== "token-list") return [];
  const { environmentVariables: values } = published;
  if (!values[usage.token]) return [];
  const read = async (): Promise<LastUseAudit> => {
    const { fresh } = await session.lastUses(usage, { old: values, fresh: values });
    return { service: service.name, state: "read", ...(fresh ? { lastUsed: fresh.at } : {}) };
  };
  return [
    read().catch((error: unknown) => {
      if (!(error instanceof UnreadableError)) throw error;
      return { service: service.name, state: "unreadable", reason: error.reason };
    }),
  ];
}

function idle({ service, lastUsed }: LastUseAudit, now: number): UsageFinding[] {
  if (lastUsed === undefined || now - Date.parse(lastUsed) < IDLE_MS) return [];
  const message = `Nobody has used the ${service} credential since ${lastUsed.slice(0, 10)}; what nobody needs should go`;
  return [{ rule: "idle", subject: service, message }];
}

async function openIfThere(session: Session): Promise<PublishedValues> {
  try {
    return await session.openPublished();
  } catch (error) {
    if (error instanceof AutomationError && error.code === "published.missing")
      return { environmentVariables: {}, slots: {} };
    throw error;
  }
}
