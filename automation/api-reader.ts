/** How do we read from a vendor's REST API with a token? One GET, one JSON object, or every page of a list. */
import { NoAnswerError, sendRequest, type HttpDependencies, type HttpRequest, type HttpResult } from "./http";
import { parseObject } from "./json";

/** Whom to ask, and as whom. */
export interface ApiQuestion {
  readonly url: string;
  readonly token: string;
  /** The word before the token. @default Bearer */
  readonly scheme?: "Bearer" | "token";
  /** @default 3 */
  readonly attempts?: number;
  /** Milliseconds for one attempt. @default 15000 */
  readonly timeoutMs?: number;
}

/** What was asked for did not come: no answer at all, another status than 200, or a body that is not what it should be. */
export class UnreadableError extends Error {
  constructor(
    /** `status 403`, `ECONNREFUSED`, `timeout`, `an answer that is not JSON`. */
    readonly reason: string,
    /** What was answered, where something was. Its body is for looking things up in, never for showing. */
    readonly answer?: HttpResult,
  ) {
    super(reason);
    this.name = "UnreadableError";
  }
}

/** Every item of a list in numbered pages, of which the last one is not full; `read` gets the query of a page and throws where it is no list. */
export async function numberedPages<T>(pageSize: number, read: (query: string) => Promise<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; ; page += 1) {
    const items = await read(`per_page=${pageSize}&page=${page}`);
    all.push(...items);
    if (items.length < pageSize) return all;
  }
}

/** Authenticated reading, the only one in the program. Redirects are not followed: the next host must not get the token. */
export class ApiReader {
  constructor(
    private readonly http: HttpDependencies,
    private readonly signal?: AbortSignal,
  ) {}

  /** Asks once or a few times; any status is an answer. Throws {@link UnreadableError} where there is none. */
  async get({ url, token, scheme = "Bearer", attempts = 3, timeoutMs }: ApiQuestion): Promise<HttpResult> {
    const headers = { authorization: `${scheme} ${token}`, accept: "application/json", "user-agent": "sophia-secrets" };
    return this.send({ method: "GET", url, headers, attempts, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  /** The JSON object of a 200; its shape is the caller's word. Throws {@link UnreadableError}. */
  async json<T extends object>(question: ApiQuestion): Promise<T> {
    return (await this.read(question)).body as T;
  }

  /**
   * Every item of a list that is cut into numbered pages, under `key` of each. Throws {@link UnreadableError}, also where a page has no such
   * list: part of a list must not pass for the whole. https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
   */
  async pages<T>(question: ApiQuestion, key: string, pageSize: number): Promise<T[]> {
    const mark = question.url.includes("?") ? "&" : "?";
    return numberedPages(pageSize, async (query) =>
      listOf<T>(await this.read({ ...question, url: `${question.url}${mark}${query}` }), key),
    );
  }

  /**
   * Every item of a list that says where it goes on, in `pagination.next` of each page, to be asked for by `until`.
   * Throws {@link UnreadableError} as {@link ApiReader.pages}. https://vercel.com/docs/rest-api#pagination
   */
  async chain<T>(question: ApiQuestion, key: string): Promise<T[]> {
    const all: T[] = [];
    for (let until: number | undefined; ;) {
      const url = until === undefined ? question.url : `${question.url}&until=${until}`;
      const read = await this.read({ ...question, url });
      all.push(...listOf<T>(read, key));
      const { pagination } = read.body as { readonly pagination?: { readonly next?: number | null } };
      const next = pagination?.next ?? undefined;
      if (next === undefined) return all;
      if (next === until) throw new UnreadableError("a list that does not end", read.answer);
      until = next;
    }
  }

  /**
   * Every item of a list that says where it goes on in a header `Link`; the lists are the bodies themselves. Throws {@link UnreadableError} as
   * {@link ApiReader.pages}, also where the list goes on at another host, which must not get the token, and after `limit` pages.
   */
  async linked<T>(question: ApiQuestion, limit = 1000): Promise<T[]> {
    const all: T[] = [];
    let { url } = question;
    for (let page = 1; ; page += 1) {
      const { answer, body } = await this.read({ ...question, url });
      if (!Array.isArray(body)) throw new UnreadableError("an answer that is no list", answer);
      all.push(...(body as T[]));
      const next = /<([^<>]+)>;\s*rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
      if (next === undefined) return all;
      if (page === limit) throw new UnreadableError(`more than ${limit} pages`, answer);
      if (!URL.canParse(next) || new URL(next).origin !== new URL(question.url).origin)
        throw new UnreadableError("a list that goes on elsewhere", answer);
      url = next;
    }
  }

  /**
   * Every item of a list that is gone on with by `continuationToken`, until `isEnough` of what has come. Throws {@link UnreadableError} as
   * {@link ApiReader.pages}. https://www.pulumi.com/docs/reference/cloud-rest-api/
   */
  async continued<T>(question: ApiQuestion, key: string, isEnough?: (items: readonly T[]) => boolean): Promise<T[]> {
    const all: T[] = [];
    const seen = new Set<string>();
    for (let token: string | undefined; ;) {
      const mark = question.url.includes("?") ? "&" : "?";
      const url =
        token === undefined ? question.url : `${question.url}${mark}continuationToken=${encodeURIComponent(token)}`;
      const read = await this.read({ ...question, url });
      all.push(...listOf<T>(read, key));
      const { continuationToken: next } = read.body as { readonly continuationToken?: string | null };
      if (!next || isEnough?.(all)) return all;
      if (seen.has(next)) throw new UnreadableError("a list that does not end", read.answer);
      seen.add(next);
      token = next;
    }
  }

  /**
   * Every node of the connection `field` of a GraphQL query that takes `$after` and asks for `pageInfo`. Throws {@link UnreadableError} as
   * {@link ApiReader.graphql}. https://relay.dev/graphql/connections.htm
   */
  async connection<T>(question: ApiQuestion, query: string, field: string): Promise<T[]> {
    const all: T[] = [];
    const seen = new Set<string>();
    for (let after: string | undefined; ;) {
      const data = await this.graphql<Record<string, Connection<T> | undefined>>(question, query, { after });
      const { edges = [], pageInfo } = data[field] ?? {};
      all.push(...edges.map(({ node }) => node));
      if (!pageInfo?.hasNextPage) return all;
      if (!pageInfo.endCursor || seen.has(pageInfo.endCursor)) throw new UnreadableError("a list that does not end");
      seen.add(pageInfo.endCursor);
      after = pageInfo.endCursor;
    }
  }

  /** The data of a GraphQL query. Throws {@link UnreadableError}, also for one that was answered with errors. */
  async graphql<T extends object>(
    { url, token, attempts = 3 }: ApiQuestion,
    query: string,
    variables: Readonly<Record<string, string | undefined>> = {},
  ): Promise<T> {
    const headers = {
      ...{ authorization: `Bearer ${token}`, accept: "application/json" },
      ...{ "content-type": "application/json", "user-agent": "sophia-secrets" },
    };
    const answer = await this.send({
      method: "POST",
      url,
      headers,
      attempts,
      body: JSON.stringify({ query, variables }),
    });
    if (answer.status !== 200) throw new UnreadableError(`status ${answer.status}`, answer);
    const { data, errors } = (parseObject(answer.text) ?? {}) as { data?: T | null; errors?: unknown };
    if (!data || errors) throw new UnreadableError("an answer with errors", answer);
    return data;
  }

  private async send(request: HttpRequest): Promise<HttpResult> {
    const abortable = { ...request, ...(this.signal ? { signal: this.signal } : {}) };
    return sendRequest(abortable, this.http).catch((error: unknown) => {
      throw new UnreadableError(error instanceof NoAnswerError ? error.reason : "no answer");
    });
  }

  private async read(question: ApiQuestion): Promise<{ answer: HttpResult; body: object }> {
    const answer = await this.get(question);
    if (answer.status !== 200) throw new UnreadableError(`status ${answer.status}`, answer);
    const body = parseObject(answer.text);
    if (!body) throw new UnreadableError("an answer that is not JSON", answer);
    return { answer, body };
  }
}

interface Connection<T> {
  readonly edges?: readonly { readonly node: T }[];
  readonly pageInfo?: { readonly hasNextPage?: boolean; readonly endCursor?: string | null };
}

function listOf<T>({ answer, body }: { answer: HttpResult; body: object }, key: string): T[] {
  const items = (body as Readonly<Record<string, unknown>>)[key];
  if (!Array.isArray(items)) throw new UnreadableError(`an answer without ${key}`, answer);
  return items as T[];
}
