/** How long does it take to see that nothing changed, and what of that is not ours? */
import { checked } from "../agreement";
import { type BenchCase, type Contender, type MeasuredCommand } from "../case";
import { runCommand } from "../command";
import { byHand, compiled, ours } from "../rivals/ours";

/** The no-op preview of a deployed stack, with the floor below it. */
export const benchCase: BenchCase = {
  ids: ["preview-"],
  run: async ({ compare, quick, worlds }) => {
    const world = await worlds.openSandbox();
    try {
      const { variables } = world;
      await runCommand(ours(variables, "up"));
      const preview = (name: string, command: MeasuredCommand): Contender => ({
        name,
        round: async (probe) => ({ "no-op preview": await checked(await probe(command), world, worlds, 0) }),
      });
      const contenders = [
        preview("ours", ours(variables, "preview")),
        preview("floor: the same providers, no resource", compiled("floor", variables)),
        preview("pulumi by hand", byHand(variables, "preview")),
      ];
      for (const latencyMs of quick ? [0] : [0, 100])
        await compare({ id: `preview-${latencyMs}`, title: "the development stack, deployed", latencyMs, contenders });
    } finally {
      await worlds.closeWorld(world);
    }
  },
};
