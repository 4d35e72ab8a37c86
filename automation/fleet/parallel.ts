/** How many stacks at once does this machine carry? */
import { availableParallelism } from "node:os";

/** What one stack takes at its peak, with Pulumi and its providers: 506 MiB were measured (docs/scale.md), and some room. Bytes. */
export const STACK_MEMORY = 600 * 1024 * 1024;

/** More would only wait for each other at the services' limits. */
const MOST = 8;

/** One a core, as far as the free memory (of the container, where there is one) goes, 8 at most; 1 at least. */
export function defaultParallel(cores = availableParallelism(), freeBytes = process.availableMemory()): number {
  return Math.max(1, Math.min(cores, Math.floor(freeBytes / STACK_MEMORY), MOST));
}
