/** What are tokens called at their vendors? */
import { type SlotName } from "../services/service";

/** The name under which the vendor lists the token, so that a person and the next run can tell whose it is. */
export function tokenName(stack: string, service: string, slot: SlotName, generation: number): string {
  return `sophia-${stack}-${service}-${slot}-${generation}`;
}
