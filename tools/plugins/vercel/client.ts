/** Which requests does the Vercel provider send, and how does it read the answers? (https://vercel.com/docs/rest-api) */
import { setTimeout as sleep } from "node:timers/promises";
import { sendRequest } from "../http";
import { STAND_IN_MARK } from "../plugin";
import { PluginError } from "../resource";

/** The official provider's base address; it is not a setting there either. */
const BASE_URL = "https://api.vercel.com";
const TIMEOUT_MILLISECONDS = 5 * 60 * 1000;
/** How often a rate limit is waited for, and the longest wait, in seconds, that is worth it. */
const MAX_RATE_LIMIT_RETRIES = 3;
const MAX_RETRY_AFTER_SECONDS = 5 * 60;
const PAGE_SIZE = 100;

/** An answer of the API with status 300 or more. The text is made of the error's code and message only. */
export class VercelError extends PluginError {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The parsed body, to look names and targets up in; never printed. */
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** An environment variable as the API describes it. */
export interface VercelEnvironmentVariable {
  readonly id: string;
  readonly key: string;
  readonly value?: string;
  readonly type: string;
  readonly target?: string | readonly string[];
  readonly customEnvironmentIds?: readonly string[];
  readonly gitBranch?: string | null;
  readonly comment?: string | null;
}

/** A team as far as the provider looks at it. */
export interface VercelTeam {
  readonly id: string;
  readonly sensitiveEnvironmentVariablePolicy?: string | null;
}

/** A client of the API for one provider instance: its token and its team. */
export class VercelClient {
  constructor(
    private readonly token: string,
    /** Of the plugin's process: proxy and certificates. */
    private readonly environment: NodeJS.ProcessEnv,
    private readonly team?: VercelTeam,
  ) {}

  /** The same client with a default team. */
  withTeam(team: VercelTeam): VercelClient {
    return new VercelClient(this.token, this.environment, team);
  }

  /** The team that a resource belongs to: its own if it has one, else the provider's; empty for none. */
  teamId(own: string): string {
    return own || this.team?.id || "";
  }

  /** The team whose policy holds for a resource: fetched when it has one of its own, else the provider's. */
  async policyTeam(own: string): Promise<VercelTeam | undefined> {
    return own ? this.getTeam(own) : this.team;
  }

  /** Fetches a team by id or slug. */
  getTeam(idOrSlug: string): Promise<VercelTeam> {
    return this.send<VercelTeam>("GET", `/v2/teams/${encodeURIComponent(idOrSlug)}`);
  }

  /** All variables of a project, page by page. */
  async listEnvironmentVariables(projectId: string, team: string): Promise<readonly VercelEnvironmentVariable[]> {
    const all: VercelEnvironmentVariable[] = [];
    let until: number | undefined;
    for (;;) {
      const page = await this.send<{
        envs?: VercelEnvironmentVariable[];
        pagination?: { next?: number | null };
      }>("GET", `/v8/projects/${encodeURIComponent(projectId)}/env`, {
        team,
        query: { decrypt: "true", limit: String(PAGE_SIZE), ...(until === undefined ? {} : { until: String(until) }) },
      });
      all.push(...(page.envs ?? []));
      const next = page.pagination?.next ?? undefined;
      if (next === undefined) return all;
      if (next === until) throw new PluginError("pagination cursor did not advance");
      until = next;
    }
  }

  /**
   * Sends one request and reads its JSON. `team` is a resource's own team id, `""` for the provider's; left out, no `teamId` is sent.
   * Only a rate limit (429) is waited for and tried again. Throws {@link VercelError} on any other refusal.
   */
  async send<T>(
    method: string,
    path: string,
    options: { team?: string; query?: Readonly<Record<string, string>>; body?: unknown } = {},
  ): Promise<T> {
    const teamId = options.team === undefined ? "" : this.teamId(options.team);
    const query = new URLSearchParams({ ...options.query, ...(teamId ? { teamId } : {}) });
    const url = `${BASE_URL}${path}${query.size > 0 ? `?${query.toString()}` : ""}`;
    const request = {
      method,
      url,
      headers: {
        authorization: `Bearer ${this.token}`,
        "user-agent": `terraform-provider-vercel/5.4.1 (${STAND_IN_MARK})`,
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    };
    for (let retries = 0; ; retries += 1) {
      const response = await sendRequest(request, this.environment);
      if (response.status < 300) return parseJson(response.body) as T;
      const wait = retryAfterSeconds(response.headers["retry-after"]);
      if (response.status !== 429 || retries >= MAX_RATE_LIMIT_RETRIES || wait >= MAX_RETRY_AFTER_SECONDS) {
        throw refusal(response.status, response.body);
      }
      await sleep(wait * 1000);
    }
  }
}

/** Was the thing not there? */
export function isNotFound(error: unknown): boolean {
  return error instanceof VercelError && error.status === 404;
}

/** Splits an import id of `team/a/…` or `a/…`. Throws when it has neither `names.length` nor one more part. */
export function splitImportId(id: string, names: readonly string[]): { team: string; parts: string[] } {
  const parts = id.split("/");
  if (parts.length === names.length) return { team: "", parts };
  if (parts.length === names.length + 1) return { team: parts[0] ?? "", parts: parts.slice(1) };
  const form = names.join("/");
  throw new PluginError(`the import id '${id}' must have the form "${form}" or "team_id/${form}"`);
}

function refusal(status: number, body: string): VercelError {
  const parsed = body === "" ? undefined : tryParse(body);
  const error = (parsed as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  const code = typeof error?.code === "string" ? error.code : "";
  const message = typeof error?.message === "string" ? error.message : "";
  const text = code || message ? `${code} - ${message}` : "no error code in the answer";
  return new VercelError(status, code, `${text} (HTTP ${status})`, parsed);
}

function retryAfterSeconds(header: string | undefined): number {
  const seconds = Number(header);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : 1;
}

/** An empty answer is fine where nothing is read from it; anything else must be JSON. A parser's own text would quote the body. */
function parseJson(body: string): unknown {
  if (body === "") return {};
  const parsed = tryParse(body);
  if (parsed === undefined) throw new PluginError("the answer of api.vercel.com is not JSON");
  return parsed;
}

function tryParse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
