/** Where do uses come from? Snowflake's log-in history, Pulumi Cloud's and GitHub's audit logs, and what GitHub has found in code. */
import { type Cells } from "../../probes/snowflake-driver";
import { quoteIdentifier, quoteText } from "../../snowflake-admin";
import { repositoryPath } from "../../sync/questions";
import { readPlace, type AccessPlace, type AccessWorld } from "../access/place";
import { isoTime } from "../ledger";
import { type UseEvent } from "./rules";

/** How many days back logs are read; Snowflake's table function keeps no more. */
export const HISTORY_DAYS = 7;

const DAY_MS = 86_400_000;
/** The most rows that Snowflake's function gives. */
const ROWS = 10_000;

/** One log, and from when on it is whole (milliseconds since 1970). */
export interface UseSource extends Pick<AccessPlace, "state" | "reason" | "hint" | "notes"> {
  readonly source: string;
  readonly from: number;
  readonly events: readonly UseEvent[];
  /** Secrets that were found where they must not be, a sentence each. */
  readonly leaks: readonly string[];
}

/** What a log gave. */
interface Read {
  readonly events?: readonly UseEvent[];
  readonly from?: number;
  readonly leaks?: readonly string[];
  readonly notes?: readonly string[];
}

/** Reads one log; what was foreseen to go wrong is a state. */
export async function readSource(
  source: string,
  hint: string,
  now: number,
  read: () => Promise<Read>,
): Promise<UseSource> {
  let found: Read = {};
  const {
    state,
    reason,
    hint: shown,
    notes,
  } = await readPlace(source, hint, async () => {
    found = await read();
    return { accessors: [], ...(found.notes ? { notes: found.notes } : {}) };
  });
  const { events = [], from = now - HISTORY_DAYS * DAY_MS, leaks = [] } = found;
  return {
    ...{ source, state, notes, events, from, leaks },
    ...(reason === undefined ? {} : { reason }),
    ...(shown === undefined ? {} : { hint: shown }),
  };
}

/** A log that cannot be asked for, since what it takes is not set. */
export function notAsked(source: string, reason: string, hint: string): UseSource {
  return { source, state: "not asked", reason, hint, notes: [], events: [], from: 0, leaks: [] };
}

/** Every attempt of one user. https://docs.snowflake.com/en/sql-reference/functions/login_history */
export async function snowflakeLogIns({ settings, query }: AccessWorld, user: string, now: number): Promise<Read> {
  const history = `${quoteIdentifier(settings.snowflake.database)}.INFORMATION_SCHEMA.LOGIN_HISTORY_BY_USER`;
  const name = quoteText(quoteIdentifier(user));
  const rows: readonly Cells[] = await query(
    `SELECT EVENT_TIMESTAMP, IS_SUCCESS, REPORTED_CLIENT_TYPE, CLIENT_IP FROM TABLE(${history}(USER_NAME => ${name}, RESULT_LIMIT => ${ROWS}))`,
  );
  const events = rows.flatMap(([at, ok, client, address]): UseEvent[] => {
    const time = isoTime(at instanceof Date ? at.getTime() : at);
    if (time === undefined) return [];
    return [
      { at: time, subject: `snowflake ${user}`, ok: ok === "YES", client: String(client), address: String(address) },
    ];
  });
  const oldest = Math.min(...events.map(({ at }) => Date.parse(at)));
  // As many as there can be: older ones were left out.
  return { events, ...(rows.length < ROWS ? {} : { from: Math.max(oldest, now - HISTORY_DAYS * DAY_MS) }) };
}

interface AuditEvent {
  readonly timestamp: number;
  readonly sourceIP: string;
  readonly event: string;
  readonly description: string;
  readonly user: { readonly githubLogin: string };
  readonly tokenName?: string;
  readonly actorName?: string;
  readonly authFailure?: boolean;
}

/** The log has them by their names or by identifiers; both come out as one. https://www.pulumi.com/docs/esc/administration/audit-logs */
const OPENINGS = /^environment-(open|read|read-open|decrypted|unauthorized-open)$/;

/** Everybody who opened one of the stack's environments. https://www.pulumi.com/docs/reference/cloud-rest-api/audit-logs/ */
export async function escOpenings({ settings, api }: AccessWorld, now: number): Promise<Read> {
  const { endpoints, organization, tokens, escProject, environments } = settings;
  const start = now - HISTORY_DAYS * DAY_MS;
  // In this call `startTime` means older than that.
  const url = `${endpoints.esc}/api/orgs/${encodeURIComponent(organization)}/auditlogs?startTime=${Math.ceil(now / 1000) + 1}`;
  const listed = await api.continued<AuditEvent>(
    { url, token: tokens.pulumi, scheme: "token" },
    "auditLogEvents",
    (events) => (events.at(-1)?.timestamp ?? 0) * 1000 < start,
  );
  const openings = listed.filter(
    ({ event, timestamp }) => OPENINGS.test(event.toLowerCase().replace(/[^a-z]+/g, "-")) && timestamp * 1000 >= start,
  );
  const names = Object.values(environments).map((name) => `${escProject}/${name}`);
  const events = openings.flatMap((one): UseEvent[] => {
    const name = names.find((full) => one.description.split(/[^A-Za-z0-9_./-]+/).includes(full));
    if (name === undefined) return [];
    const by = one.actorName ?? (one.tokenName === undefined ? "" : `token ${one.tokenName}`);
    const isRefused = one.authFailure === true || /unauthorized/i.test(one.event);
    return [
      {
        ...{ at: new Date(one.timestamp * 1000).toISOString(), subject: `esc ${name}`, ok: !isRefused },
        ...{ who: [one.user.githubLogin, by].filter(Boolean).join(" "), address: one.sourceIP },
      },
    ];
  });
  const isFormKnown = openings.length === 0 || openings.some(({ description }) => /[\w.-]\/[\w.-]/.test(description));
  const notes = isFormKnown
    ? []
    : ["The log's descriptions name no environment, so nothing can be told of this stack's."];
  return { events, notes };
}

interface GitHubEvent {
  readonly "@timestamp"?: number;
  readonly created_at?: number;
  readonly action: string;
  readonly actor?: string;
  readonly actor_ip?: string;
}

/** Who wrote or removed Actions secrets and variables. https://docs.github.com/enterprise-cloud@latest/rest/orgs/orgs#get-the-audit-log-for-an-organization */
export async function githubWrites({ settings, api }: AccessWorld, now: number): Promise<Read> {
  const { endpoints, github, tokens } = settings;
  const start = new Date(now - HISTORY_DAYS * DAY_MS).toISOString();
  const url = `${endpoints.github}/orgs/${encodeURIComponent(github.owner)}/audit-log?per_page=100&phrase=${encodeURIComponent(`created:>=${start.slice(0, 10)}`)}`;
  const listed = await api.linked<GitHubEvent>({ url, token: tokens.github }, 50);
  const events = listed.flatMap((one): UseEvent[] => {
    const at = isoTime(one["@timestamp"] ?? one.created_at);
    if (at === undefined || at < start || !/actions_(secret|variable)/.test(one.action)) return [];
    return [
      {
        ...{ at, subject: `github ${github.owner} Actions secrets`, ok: true },
        ...(one.actor === undefined ? {} : { who: one.actor }),
        ...(one.actor_ip === undefined ? {} : { address: one.actor_ip }),
      },
    ];
  });
  return { events };
}

interface Alert {
  readonly number: number;
  readonly secret_type_display_name?: string;
  readonly created_at?: string;
  readonly html_url: string;
}

/** Secrets that GitHub found in a repository, never with their text. https://docs.github.com/rest/secret-scanning/secret-scanning */
export async function githubLeaks({ settings, api }: AccessWorld, repository: string): Promise<Read> {
  const { endpoints, github, tokens } = settings;
  const path = repositoryPath(github.owner, repository);
  const url = `${endpoints.github}/${path}/secret-scanning/alerts?state=open&hide_secret=true&per_page=100`;
  const alerts = await api.linked<Alert>({ url, token: tokens.github });
  const leaks = alerts.map(
    ({ number, secret_type_display_name: type = "a secret", created_at: at = "", html_url: link }) =>
      `${github.owner}/${repository} has ${type} in its code since ${at.slice(0, 10)} (alert ${number}): ${link}`,
  );
  return { leaks };
}
