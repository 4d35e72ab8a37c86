/** Does a rotation hold where the clock is wrong? Of the driver and of all Node processes below it; the engine itself takes no decision by the time. */
import { WarmDriver } from "./driver";
import { processTree, signalProcess } from "./processes";
import { round, type RoundResult } from "./strike";
import { clockVariables } from "./two-drivers";
import { type FaultWorld } from "./world";

/** Rotates by a clock that is off, to the end or killed as consumers are pointed; then the same command by the right clock where it did not end well. */
export function shiftClocks(offMs: number, end: "killed" | "left alone" = "left alone") {
  return (world: FaultWorld): Promise<RoundResult> =>
    round(
      world,
      async () => {
        const words = await world.rotation();
        const driver = new WarmDriver({ ...world.environment, ...clockVariables(offMs) });
        const github = world.sandbox.github;
        try {
          const first = await driver.run(words, {
            onStart: (pid) => {
              if (end === "left alone") return;
              const onHit = () => {
                for (const victim of processTree(pid)) signalProcess(victim, "SIGKILL");
              };
              const effect = { kind: "delay", milliseconds: 0 } as const;
              github.addFault({ method: "PUT", path: "/actions/secrets/", nth: 3, effect, onHit });
            },
          });
          github.clearFaults();
          return first.code === 0 ? [first] : [first, await world.rotate()];
        } finally {
          driver.stop();
        }
      },
      () => ({ struck: [], missed: [] }),
    );
}
