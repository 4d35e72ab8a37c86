/** How long does it take to bring a stack about from nothing, to see that nothing changed, and to bring one change everywhere? */
import { checked } from "../agreement";
import { type BenchCase, type Contender } from "../case";
import { ours } from "../rivals/ours";
import { type Worlds } from "../worlds";

/** A whole life of the development stack. */
export const benchCase: BenchCase = {
  ids: ["stack-life"],
  run: async ({ compare, worlds }) => {
    const contenders = [
      { name: "ours", round: lifeIn(worlds) },
      { name: "pulumi by hand", notRun: "half a minute a step: its no-op preview is measured" },
    ];
    await compare({ id: "stack-life", title: "the development stack", latencyMs: 20, contenders });
  },
};

function lifeIn(worlds: Worlds): NonNullable<Contender["round"]> {
  return async (probe) => {
    const world = await worlds.openSandbox();
    const step = async (verb: "up" | "preview", mostWrites?: number) =>
      checked(await probe(ours(world.variables, verb)), world, worlds, mostWrites);
    try {
      const steps = {
        "first up": await step("up"),
        "no-op preview": await step("preview", 0),
        "no-op up": await step("up", 0),
      };
      const pattern = '(GONG_BASE_URL"?: "?http://[0-9.:]+)';
      const edit = { world: world.world, environment: "development-intake", pattern, to: "$1/" };
      await worlds.standIns.ask("escReplace", edit);
      return { ...steps, "up, 1 variable of 17 changed": await step("up", 3) };
    } finally {
      await worlds.closeWorld(world);
    }
  };
}
