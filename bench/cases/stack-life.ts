/** How long does it take to bring a stack about from nothing, to see that nothing changed, and to bring one change everywhere? */
import { checked } from "../agreement";
import { type BenchCase, type Contender, type MeasuredCommand } from "../case";
import { byHand, ours } from "../rivals/ours";
import { type Worlds } from "../worlds";

type CommandOf = (env: Readonly<Record<string, string>>, verb: "up" | "preview") => MeasuredCommand;

/** A whole life of the development stack. */
export const benchCase: BenchCase = {
  ids: ["stack-life"],
  run: async ({ compare, worlds }) => {
    const contenders = [
      life("ours", (env, verb) => ours(env, verb), worlds),
      firstUp("pulumi by hand", (env, verb) => byHand(env, verb), worlds),
    ];
    await compare({ id: "stack-life", title: "the development stack", latencyMs: 20, contenders });
  },
};

function life(name: string, commandOf: CommandOf, worlds: Worlds): Contender {
  return {
    name,
    round: async (probe) => {
      const world = await worlds.openSandbox();
      const step = async (verb: "up" | "preview", mostWrites?: number) =>
        checked(await probe(commandOf(world.variables, verb)), world, worlds, mostWrites);
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
    },
  };
}

/** The first step alone, of one that takes half a minute for each. */
function firstUp(name: string, commandOf: CommandOf, worlds: Worlds): Contender {
  return {
    name,
    round: async (probe) => {
      const world = await worlds.openSandbox();
      try {
        return { "first up": await checked(await probe(commandOf(world.variables, "up")), world, worlds) };
      } finally {
        await worlds.closeWorld(world);
      }
    },
  };
}
