/** Which requests does the Pulumi Cloud provider send for ESC, by its two clients? (https://www.pulumi.com/docs/reference/cloud-rest-api/environments/) */
import { setTimeout as sleep } from "node:timers/promises";
import { type HttpResponse, sendRequest } from "../http";
import { STAND_IN_MARK } from "../plugin";
import { PluginError } from "../resource";

const TIMEOUT_MILLISECONDS = 60_000;
/** The waits before a GET that was answered 5xx, or not at all, is tried again. */
const RETRY_WAITS_MILLISECONDS = [1000, 2000, 4000];

/** A refusal of the service; the text is its message, the diagnostics are kept apart. */
export class ServiceError extends PluginError {
  constructor(
    readonly status: number,
    message: string,
    readonly diagnostics: readonly Diagnostic[] = [],
  ) {
    super(message);
  }
}

/** What is wrong with an environment's text, and where. */
export interface Diagnostic {
  readonly summary?: string;
  readonly range?: { readonly begin?: { readonly line?: number; readonly column?: number } };
}

/** Where an environment is. */
export interface EnvironmentName {
  readonly organization: string;
  readonly project: string;
  readonly environment: string;
}

/** A client of Pulumi Cloud. `apiUrl` has no path. */
export class ServiceClient {
  constructor(
    private readonly apiUrl: string,
    private readonly accessToken: string,
    /** Of the plugin's process: proxy and certificates. */
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** The esc client: appends its path to the address, tries GETs again, and calls every body JSON, YAML too. */
  async esc(method: string, path: string, body?: string): Promise<HttpResponse> {
    const request = {
      method,
      url: this.apiUrl.replace(/\/$/, "") + path,
      headers: {
        accept: "application/vnd.pulumi+8",
        authorization: `token ${this.accessToken}`,
        "content-type": "application/json",
        "user-agent": `provider-pulumiservice/1 (${STAND_IN_MARK}; ${process.platform})`,
      },
      body,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    };
    const waits = method === "GET" ? RETRY_WAITS_MILLISECONDS : [];
    for (const wait of waits) {
      const response = await sendRequest(request, this.environment).catch(() => undefined);
      if (response && response.status < 500) return accept(response);
      await sleep(wait);
    }
    return accept(await sendRequest(request, this.environment));
  }

  /** The id of an environment from its metadata, by the provider's own client, which replaces the address's path and tries once; empty when there is none. */
  async environmentId(name: EnvironmentName): Promise<string> {
    const request = {
      method: "GET",
      url: new URL(`${environmentPath(name)}/metadata`, this.apiUrl).href,
      headers: {
        accept: "application/vnd.pulumi+9",
        authorization: `token ${this.accessToken}`,
        "content-type": "application/json",
        "user-agent": STAND_IN_MARK,
        "x-pulumi-source": "provider",
      },
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    };
    const response = await sendRequest(request, this.environment);
    if (response.status === 404) return "";
    if (response.status >= 300) throw refusal(response);
    const id = (parseJson(response.body) as { id?: unknown } | undefined)?.id;
    return typeof id === "string" ? id : "";
  }
}

/** `/api/esc/environments/ORGANIZATION/PROJECT/ENVIRONMENT` */
export function environmentPath({ organization, project, environment }: EnvironmentName): string {
  return `/api/esc/environments/${[organization, project, environment].map(encodeURIComponent).join("/")}`;
}

/** The text as JSON, undefined when it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The environment's revision after a read or a write. Throws when the answer does not say it. */
export function revisionOf(response: HttpResponse): number {
  const header = response.headers["pulumi-esc-revision"];
  if (typeof header !== "string" || !/^[+-]?\d+$/.test(header)) throw new PluginError("the answer has no revision");
  return Number(header);
}

function accept(response: HttpResponse): HttpResponse {
  if (response.status >= 400) throw refusal(response);
  return response;
}

function refusal(response: HttpResponse): ServiceError {
  const { status } = response;
  if (status === 429) return new ServiceError(status, "esc: request rate-limit exceeded");
  const body = parseJson(response.body) as { message?: unknown; diagnostics?: unknown } | null | undefined;
  const message = typeof body?.message === "string" && body.message ? body.message : "no message in the answer";
  const diagnostics = Array.isArray(body?.diagnostics) ? (body.diagnostics as Diagnostic[]) : [];
  return new ServiceError(status, `[${status}] ${message}`, diagnostics);
}
