/** In which form does GitHub answer: errors, pages of a list, dates? */
import { HttpReply, type StandInReply, type StandInRequest } from "../kit/stand-in";

/** How a list is cut into pages; GitHub's lists differ in both numbers. */
export interface PageSize {
  readonly standard: number;
  readonly largest: number;
}

/** Most lists: 30 a page, at most 100. */
export const ORDINARY_PAGE: PageSize = { standard: 30, largest: 100 };

/** Lists of variables: 10 a page, at most 30 (https://docs.github.com/rest/actions/variables). */
export const VARIABLES_PAGE: PageSize = { standard: 10, largest: 30 };

/** An error body as GitHub sends it; thrown by handlers and by what they call. */
export function failure(status: number, message: string): HttpReply {
  return new HttpReply(failureReply(status, message));
}

/** The same as a reply, for guards. */
export function failureReply(status: number, message: string): StandInReply {
  return { status, body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) } };
}

/** What GitHub says for everything that is not there or must not be known to be there. */
export const notFound = (): HttpReply => failure(404, "Not Found");

/** The date format of the REST API: UTC, whole seconds. */
export function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/**
 * One page of a list with the `Link` header that clients follow (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api).
 * `wrap` turns the items into the body, e.g. `{total_count, secrets}`.
 */
export function pageReply<T>(
  request: StandInRequest,
  items: readonly T[],
  size: PageSize,
  wrap: (slice: readonly T[]) => unknown,
): StandInReply {
  const perPage = Math.min(positive(request.query.get("per_page")) ?? size.standard, size.largest);
  const page = positive(request.query.get("page")) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = [
    ...(page > 1 ? [pageLink(request, "prev", page - 1, perPage), pageLink(request, "first", 1, perPage)] : []),
    ...(page < last ? [pageLink(request, "next", page + 1, perPage), pageLink(request, "last", last, perPage)] : []),
  ];
  return {
    status: 200,
    ...(link.length > 0 ? { headers: { link: link.join(", ") } } : {}),
    body: wrap(items.slice((page - 1) * perPage, page * perPage)),
  };
}

function pageLink(request: StandInRequest, relation: string, page: number, perPage: number): string {
  const query = new URLSearchParams(request.query);
  query.set("per_page", String(perPage));
  query.set("page", String(page));
  return `<http://${request.headers.host ?? "127.0.0.1"}${request.path}?${query.toString()}>; rel="${relation}"`;
}

function positive(text: string | null): number | undefined {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number > 0 ? number : undefined;
}
