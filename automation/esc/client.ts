/** How do we speak to Pulumi ESC? The few calls that we need of its REST API, with the ETag rules that the SDK lacks. */
import { AutomationError, EXIT } from "../errors";
import { NoAnswerError, sendRequest, type HttpDependencies, type HttpResult } from "../http";

/** Where and as whom. */
export interface EscClientOptions {
  /** API address without a slash at the end, e.g. https://api.pulumi.com. */
  readonly url: string;
  readonly token: string;
  readonly organization: string;
  readonly project: string;
  readonly http: HttpDependencies;
  readonly signal?: AbortSignal;
}

/** A definition as the service stores it: secrets are ciphertext. */
export interface EscDefinition {
  readonly yaml: string;
  /** Goes back with {@link EscClient.update} so that a foreign change in between is noticed. */
  readonly etag: string;
  readonly revision: number;
}

/** One revision as the service lists it. */
export interface EscRevision {
  readonly number: number;
  readonly created?: string;
}

/** What an update came to. */
export type EscUpdate =
  | { readonly outcome: "written"; readonly revision: number; readonly etag: string }
  | { readonly outcome: "conflict" }
  | { readonly outcome: "refused"; readonly diagnostics: readonly string[] };

const TIMEOUT_MS = 20_000;

/**
 * A client for the environments of one project. Expected outcomes (no such environment, a conflict) are values;
 * a refused token, an unreachable address and anything unforeseen are errors.
 * Calls and headers as Pulumi's own client sends them: https://github.com/pulumi/esc/blob/main/cmd/esc/cli/client/client.go
 */
export class EscClient {
  constructor(private readonly options: EscClientOptions) {}

  /** The log-in name of the token's user; checks address and token without touching an environment. */
  async userName(): Promise<string> {
    const result = await this.send("GET", "/api/user");
    return (this.parse(this.requireOk(result, "the token's user")) as { githubLogin?: string }).githubLogin ?? "";
  }

  /** The stored definition, or undefined when there is no such environment. */
  async read(environment: string): Promise<EscDefinition | undefined> {
    const result = await this.send("GET", this.path(environment));
    if (result.status === 404) return undefined;
    this.requireOk(result, `environment ${environment}`);
    const etag = result.headers.get("etag") ?? "";
    // Without its ETag an update would overwrite whatever is there (a proxy may strip the header).
    if (etag === "" || revisionOf(result) < 1) throw this.malformed("with a definition without ETag or revision");
    return { yaml: result.text, etag, revision: revisionOf(result) };
  }

  /** Creates an empty environment; false when it is there already. */
  async create(environment: string): Promise<boolean> {
    const path = `/api/esc/environments/${encodeURIComponent(this.options.organization)}`;
    const result = await this.send("POST", path, {
      body: JSON.stringify({ project: this.options.project, name: environment }),
    });
    if (result.status === 409) return false;
    this.requireOk(result, `environment ${environment}`);
    return true;
  }

  /** Replaces the definition if it still is the one with this ETag. ESC wants the tag in a header named `ETag`, not If-Match. */
  async update(environment: string, yaml: string, etag: string): Promise<EscUpdate> {
    const result = await this.send("PATCH", this.path(environment), {
      body: yaml,
      headers: { etag, "content-type": "application/x-yaml" },
    });
    if (result.status === 409 || result.status === 412) return { outcome: "conflict" };
    if (result.status === 400) return { outcome: "refused", diagnostics: diagnosticsOf(result.text) };
    this.requireOk(result, `environment ${environment}`);
    return { outcome: "written", revision: revisionOf(result), etag: result.headers.get("etag") ?? "" };
  }

  /** Opens the environment (at a revision or tag) and returns its evaluated values, or undefined when there is no such environment. */
  async open(environment: string, version?: string): Promise<Record<string, unknown> | undefined> {
    const at = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
    const opened = await this.send("POST", `${this.path(environment)}${at}/open?duration=10m0s`, { repeatable: true });
    if (opened.status === 404) return undefined;
    if (opened.status === 400) {
      throw this.failure(
        "esc.evaluation",
        `ESC could not evaluate environment ${environment}: ${diagnosticsOf(opened.text).join("; ")}`,
      );
    }
    const { id } = this.parse(this.requireOk(opened, `environment ${environment}`)) as { id: string };
    const read = await this.send("GET", `${this.path(environment)}/open/${encodeURIComponent(id)}`);
    const { properties } = this.parse(this.requireOk(read, `environment ${environment}`)) as { properties?: unknown };
    return plainValue({ value: properties ?? {} }) as Record<string, unknown>;
  }

  /** When the newest revision was written, ISO; undefined when there is no such environment. */
  async writtenAt(environment: string): Promise<string | undefined> {
    return (await this.revisions(environment, 1))[0]?.created;
  }

  /**
   * The newest revisions, at most as many as said, the newest first; `created` is ISO. None when there is no such environment.
   * A page has as many as the service likes: `before` asks for the next one. https://www.pulumi.com/docs/esc/environments/versioning/
   */
  async revisions(environment: string, count: number): Promise<EscRevision[]> {
    const found: EscRevision[] = [];
    while (found.length < count) {
      const before = found.length === 0 ? "" : `&before=${found.at(-1)?.number ?? 0}`;
      const page = await this.about(environment, `versions?count=${count - found.length}${before}`);
      const fresh = (page as EscRevision[] | undefined) ?? [];
      if (fresh.length === 0) break;
      found.push(...fresh);
    }
    return found.slice(0, count);
  }

  /** The stored definition's text at a revision; undefined where it is not there any more. */
  async textAt(environment: string, revision: number): Promise<string | undefined> {
    const result = await this.send("GET", `${this.path(environment)}/versions/${revision}`);
    if (result.status === 404) return undefined;
    return this.requireOk(result, `revision ${revision} of environment ${environment}`).text;
  }

  /** The environments that import this one, as `project/environment`. https://www.pulumi.com/docs/reference/cloud-rest-api/ */
  async importers(environment: string): Promise<string[]> {
    const { referrers = {} } = ((await this.about(environment, "referrers")) ?? {}) as {
      referrers?: Record<string, { environment?: { project?: string; name?: string } }[]>;
    };
    const found = Object.values(referrers).flatMap((list) => list.flatMap((one) => one.environment ?? []));
    return [...new Set(found.map(({ project = "", name = "" }) => `${project}/${name}`))].sort();
  }

  private async about(environment: string, what: string): Promise<unknown> {
    const result = await this.send("GET", `${this.path(environment)}/${what}`);
    return result.status === 404
      ? undefined
      : this.parse(this.requireOk(result, `${what} of environment ${environment}`));
  }

  /** The environment's full name, for messages. */
  fullName(environment: string): string {
    return `${this.options.organization}/${this.options.project}/${environment}`;
  }

  private path(environment: string): string {
    const { organization, project } = this.options;
    return `/api/esc/environments/${[organization, project, environment].map(encodeURIComponent).join("/")}`;
  }

  private async send(
    method: string,
    path: string,
    extra: { body?: string; headers?: Record<string, string>; repeatable?: boolean } = {},
  ): Promise<HttpResult> {
    const { url, token, http, signal } = this.options;
    try {
      const result = await sendRequest(
        {
          method,
          url: `${url}${path}`,
          headers: {
            authorization: `token ${token}`,
            accept: "application/vnd.pulumi+8",
            "content-type": "application/json",
            "x-pulumi-source": "sophia-secrets",
            ...extra.headers,
          },
          timeoutMs: TIMEOUT_MS,
          attempts: method === "GET" || extra.repeatable ? 4 : 1,
          ...(extra.body === undefined ? {} : { body: extra.body }),
          ...(signal ? { signal } : {}),
        },
        http,
      );
      if (result.status === 401) throw this.tokenRefused();
      return result;
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      throw usageErrorWithCause(
        "esc.unreachable",
        `Pulumi ESC could not be reached at ${url} (${error.reason}).`,
        "Check the network and SOPHIA_ESC_URL, then run the same command again.",
        error,
      );
    }
  }

  private tokenRefused(): AutomationError {
    return new AutomationError({
      code: "esc.token_refused",
      exitCode: EXIT.authentication,
      message: `Pulumi ESC at ${this.options.url} refused PULUMI_ACCESS_TOKEN (401).`,
      hint: "Set PULUMI_ACCESS_TOKEN to a token that may write the ESC environments of this organization, then run the same command again.",
    });
  }

  private requireOk(result: HttpResult, what: string): HttpResult {
    if (result.status >= 200 && result.status < 300) return result;
    if (result.status === 403 || result.status === 404) {
      throw this.failure(
        "esc.not_allowed",
        `Pulumi ESC answered ${result.status} for ${what} of organization ${this.options.organization}.`,
        EXIT.usage,
      );
    }
    throw this.failure("esc.failed", `Pulumi ESC answered ${result.status} for ${what}.`);
  }

  private failure(code: string, message: string, exitCode: 1 | 2 = EXIT.attention): AutomationError {
    return new AutomationError({
      code,
      exitCode,
      message,
      hint: "Check sophia:organization, sophia:escProject and the rights of PULUMI_ACCESS_TOKEN.",
    });
  }

  private parse(result: HttpResult): unknown {
    try {
      return JSON.parse(result.text);
    } catch {
      throw this.malformed("with something that is not JSON");
    }
  }

  private malformed(how: string): AutomationError {
    return this.failure("esc.malformed_answer", `Pulumi ESC at ${this.options.url} answered ${how}.`);
  }
}

function usageErrorWithCause(code: string, message: string, hint: string, cause: unknown): AutomationError {
  return new AutomationError({ code, exitCode: EXIT.usage, message, hint, cause });
}

function revisionOf(result: HttpResult): number {
  return Number(result.headers.get("pulumi-esc-revision") ?? "0");
}

/** The summaries of an answer's diagnostics: texts about the definition, which name paths and never hold values of secrets. */
function diagnosticsOf(text: string): string[] {
  try {
    const { diagnostics, message } = JSON.parse(text) as { diagnostics?: { summary?: string }[]; message?: string };
    const summaries = (diagnostics ?? []).flatMap(({ summary }) => (summary ? [summary] : []));
    return summaries.length > 0 ? summaries : [message ?? "no reason given"];
  } catch {
    return ["no reason given"];
  }
}

/** `{value, secret, trace}` trees of the wire format as plain JSON values. */
function plainValue(node: unknown): unknown {
  const { value } = node as { value?: unknown };
  if (Array.isArray(value)) return value.map(plainValue);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
}
