/** Does a rotation that is killed at any moment go on? `kill -9` of the driver, or of it and all that it has started, by turns. */
import { processTree, signalProcess } from "./processes";
import { round, type RoundResult } from "./strike";
import { type FaultWorld } from "./world";

/** Kills `rotate --service all` so many milliseconds after its begin, then runs it once more. */
export function killAtRandom(world: FaultWorld, afterMs: number): Promise<RoundResult> {
  const isMachine = Math.floor(afterMs) % 2 === 0;
  return round(
    world,
    async () => {
      let timer: NodeJS.Timeout | undefined;
      const first = await world.run(await world.rotation(), {
        ...(isMachine ? { variables: { PULUMI_DEBUG_PROVIDERS: null } } : {}),
        onStart: (pid) => {
          timer = setTimeout(() => {
            for (const victim of isMachine ? processTree(pid) : [pid]) signalProcess(victim, "SIGKILL");
          }, afterMs);
        },
      });
      clearTimeout(timer);
      return [first, await world.rotate()];
    },
    () => ({ struck: [`SIGKILL (${isMachine ? "machine" : "driver"}) at a random time`], missed: [] }),
  );
}
