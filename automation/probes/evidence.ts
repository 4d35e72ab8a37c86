/** What do the values themselves tell of a failure? An address of something else, and a credential that says when it ends. */
import { type Service } from "../../services/service";
import { type Subject } from "./remedies";
import { findValue } from "./values";

/** The first variable whose address is of a host that its declaration calls a mistake. */
export function findMistakenAddress(service: Service, values: Readonly<Record<string, string>>): Subject | undefined {
  for (const [name, { mistaken, defaultValue = "another address" }] of Object.entries(service.variables)) {
    const value = findValue(service, values, name);
    if (!mistaken || value === undefined || !URL.canParse(value)) continue;
    const { hostname } = new URL(value);
    const isMistaken = hostname === mistaken.domain || hostname.endsWith(`.${mistaken.domain}`);
    if (isMistaken) return { service, names: [name], purpose: mistaken.because, code: defaultValue };
  }
  return undefined;
}

/** The first secret that is a signed token (RFC 7519) whose end is over, with that date: what a service does not say when it refuses one. */
export function findExpired(
  service: Service,
  values: Readonly<Record<string, string>>,
  now: number,
): Subject | undefined {
  for (const [name, { secret }] of Object.entries(service.variables)) {
    const end = secret ? endOf(values[name] ?? "") : undefined;
    if (end !== undefined && end <= now) {
      return { service, names: [name], code: `on ${new Date(end).toISOString().slice(0, 10)}` };
    }
  }
  return undefined;
}

/** Milliseconds since 1970. */
function endOf(token: string): number | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { exp?: unknown };
    return typeof exp === "number" && exp > 0 && exp < 1e10 ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
