/** How long do the commands take that speak to every service: `test`, `audit`, `rotate`? */
import { type RotationReport } from "../../automation/rotation/report";
import { type BenchCase, type BenchContext, type Contender, type MeasuredCommand, type Run } from "../case";
import { runCommand } from "../command";
import { ours } from "../rivals/ours";
import { type SandboxWorld } from "../stand-ins/protocol";

const NOBODY = "nobody else does it: secrets are rotated by hand, or for one service at a time";

/** One deployed stack, at several distances. */
export const benchCase: BenchCase = {
  ids: ["test-", "audit-", "rotate-"],
  run: async (context) => {
    const { worlds, quick, compare } = context;
    const world = await worlds.openSandbox();
    try {
      await runCommand(ours(world.variables, "up"));
      const one = (step: string, command: MeasuredCommand): Contender => ({
        name: "ours",
        round: async (probe) => ({ [step]: await agreed(await probe(command), world, context) }),
      });
      const command = (expect: readonly number[], ...words: readonly string[]) => ({
        ...ours(world.variables, ...words),
        expect,
      });
      for (const latencyMs of quick ? [0] : [0, 100]) {
        const measure = (id: string, title: string, step: string, ...rest: Parameters<typeof command>) =>
          compare({ id: `${id}-${latencyMs}`, title, latencyMs, contenders: [one(step, command(...rest))] });
        await measure("test", "log in to every service", "test", [0], "test");
        await measure("audit", "look at every place", "audit", [0, 1], "audit");
      }
      const rotation = (id: string, service: string, latencyMs: number, expect: readonly number[]) => {
        const words = ["rotate", "--service", service, "--grace", "0", "--yes", "--json"];
        const contenders = [
          one(`rotate ${service}`, command(expect, ...words)),
          { name: "anybody else", notRun: NOBODY },
        ];
        return compare({
          id: `${id}-${latencyMs}`,
          title: "new credential, proven, old one refused",
          latencyMs,
          contenders,
        });
      };
      await rotation("rotate-snowflake", "snowflake", quick ? 0 : 100, [0]);
      // Gong has no API to make a key: without a person it is left, and the exit code says so.
      await rotation("rotate-all", "all", quick ? 0 : 100, [1]);
    } finally {
      await worlds.closeWorld(world);
    }
  },
};

/** Every place holds what ESC does, and a rotation says of each service that it has rotated, or needs a person. */
async function agreed<T extends Run & { readonly stdout: string }>(
  run: T,
  { world }: SandboxWorld,
  { worlds }: BenchContext,
): Promise<T> {
  const [fault] = await worlds.standIns.ask("disagreements", { world });
  const { services = [] } = run.stdout.startsWith("{") ? (JSON.parse(run.stdout) as Partial<RotationReport>) : {};
  const unfinished = services.find(({ outcome }) => outcome !== "rotated" && outcome !== "manual_pending");
  const wrong = fault ?? unfinished?.summary;
  return wrong === undefined ? run : { ...run, wrong };
}
