/** What are tokens called at their vendors? */
import { type SlotName } from "../services/service";

/** The name under which the vendor lists the token, so that a person and the next run can tell whose it is. */
export function tokenName(stack: string, service: string, slot: SlotName, generation: number): string {
  return `sophia-${stack}-${service}-${slot}-${generation}`;
}

/** `sophia-development-vercel-*` of a name that {@link tokenName} made for this stack; undefined for any other name. */
export function tokenFamily(name: string, stack: string): string | undefined {
  const own = `sophia-${stack}-`;
  const [, service] = /^([a-z][a-z0-9-]*)-[ab]-\d+$/.exec(name.startsWith(own) ? name.slice(own.length) : "") ?? [];
  return service === undefined ? undefined : `${own}${service}-*`;
}
