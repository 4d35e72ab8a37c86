/** What is the program doing at this moment? Tells each request, retry and engine step of a run with `--verbose`. */
import { type HttpDependencies } from "../http";

/** The outside world with a line for each request and each wait before the next attempt: no header, no body, no value of a query. */
export function tellingHttp(http: HttpDependencies, tell: (line: string) => void, now: () => number): HttpDependencies {
  return {
    ...http,
    fetch: async (input, init) => {
      const started = now();
      const subject = `${(init?.method ?? "GET").padEnd(6)} ${describeAddress(input)}`;
      const told = (outcome: string) => tell(`http  ${subject}  ${outcome}  ${Math.round(now() - started)} ms`);
      try {
        const response = await http.fetch(input, init);
        told(String(response.status));
        return response;
      } catch (error) {
        told("no answer");
        throw error;
      }
    },
    sleep: async (milliseconds, signal) => {
      tell(`http  trying again in ${Math.round(milliseconds)} ms`);
      return http.sleep(milliseconds, signal);
    },
  };
}

/** Host and path; of a query the names alone, because a value may be anybody's. */
function describeAddress(input: string | URL | Request): string {
  const text = input instanceof Request ? input.url : String(input);
  if (!URL.canParse(text)) return "an address that is not a URL";
  const { host, pathname, searchParams } = new URL(text);
  const names = [...new Set(searchParams.keys())].map((name) => `${name}=…`);
  return `${host}${pathname}${names.length > 0 ? `?${names.join("&")}` : ""}`;
}
