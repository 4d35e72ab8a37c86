/** In which form does Vercel answer: errors, pages of a list, identifiers? */
import { randomInt } from "node:crypto";
import { HttpReply, type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";

/** An error body as Vercel sends it (https://vercel.com/docs/rest-api/errors); `more` are further fields of `error`. */
export function failure(status: number, code: string, message: string, more: object = {}): HttpReply {
  return new HttpReply({ status, body: { error: { code, message, ...more } } });
}

/** 400 for a body that breaks a rule. */
export const badRequest = (message: string): HttpReply => failure(400, "bad_request", message);

/** 404; `noun` as Vercel writes it, e.g. `Project`. */
export const notFound = (noun: string): HttpReply => failure(404, "not_found", `${noun} not found`);

/** One handler under several versions of the API; they answer alike as far as the sandbox goes. */
export function versions(
  numbers: readonly number[],
  method: string,
  path: string,
  handle: Route["handle"],
): readonly Route[] {
  return numbers.map((number) => ({ method, path: `/v${number}${path}`, handle }));
}

/**
 * One page of a list, newest first; `next` is the date (milliseconds) to pass as `until` (https://vercel.com/docs/rest-api#pagination).
 * Needs dates that differ, which `VercelState.tick` sees to.
 */
export function pageReply<T extends { readonly createdAt: number }>(
  request: StandInRequest,
  items: readonly T[],
  name: string,
  body: (item: T) => object,
): StandInReply {
  const limit = Math.min(Math.max(Number(request.query.get("limit") ?? 20) || 20, 1), 100);
  const until = Number(request.query.get("until") ?? Infinity);
  const since = Number(request.query.get("since") ?? -Infinity);
  const matching = items
    .filter((item) => item.createdAt < until && item.createdAt > since)
    .sort((a, b) => b.createdAt - a.createdAt);
  const page = matching.slice(0, limit);
  const next = matching.length > page.length ? (page.at(-1)?.createdAt ?? null) : null;
  return {
    status: 200,
    body: {
      [name]: page.map(body),
      pagination: { count: page.length, next, prev: until === Infinity ? null : (page[0]?.createdAt ?? null) },
    },
  };
}

const ALPHANUMERICS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` random letters and digits: bodies of identifiers, and of tokens. */
export function randomAlphanumerics(length: number): string {
  return Array.from({ length }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join("");
}
