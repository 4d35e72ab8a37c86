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
      const engine = [
        preview("ours", ours(variables, "preview")),
        preview("floor: the same providers, no resource", compiled("floor", variables)),
      ];
      const typed = preview("pulumi by hand", byHand(variables, "preview"));
      const title = "the development stack, deployed";
      await compare({ id: "preview-0", title, latencyMs: 0, contenders: [...engine, typed] });
      if (!quick) await compare({ id: "preview-100", title, latencyMs: 100, contenders: engine });
    } finally {
      await worlds.closeWorld(world);
    }
  },
};
