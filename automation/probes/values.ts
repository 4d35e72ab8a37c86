/** Which value does a probe use for a variable? Given values first, then the twin by `sameAs`, then the default. */
import { type Service } from "../../services/service";
import { isLoopback } from "../http";

/** Thrown before anything is sent: a value (or address) cannot be used. Holds names only. */
export class UnusableValueError extends Error {
  constructor(
    readonly kind: "malformed-value" | "malformed-address" | "cut-value",
    readonly names: readonly string[],
  ) {
    super(kind);
    this.name = "UnusableValueError";
  }
}

/** The value of a declared variable; undefined where there is none or it is empty. */
export function findValue(
  service: Service,
  values: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const variable = service.variables[name];
  const twin = variable?.sameAs === undefined ? undefined : values[variable.sameAs];
  return [values[name], twin, variable?.defaultValue].find((value) => value !== undefined && value !== "");
}

/** Those of the named variables that programs need and that have no value. */
export function missingVariables(
  service: Service,
  values: Readonly<Record<string, string>>,
  names: readonly string[],
): string[] {
  return names.filter((name) => findValue(service, values, name) === undefined);
}

/** True where the service works without the variable. */
export function isOptional(service: Service, name: string): boolean {
  return service.variables[name]?.optional === true;
}

/**
 * The address without a slash at the end. Throws {@link UnusableValueError} unless it is https (http for loopback only: credentials go there)
 * and free of user name, query and fragment.
 */
export function parseBase(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && isLoopback(url.hostname);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && loopback);
  if (!safe || `${url.username}${url.password}${url.search}${url.hash}` !== "") {
    throw new UnusableValueError("malformed-address", [name]);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
