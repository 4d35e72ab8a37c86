/** How long does it take to say a version? */
import { type BenchCase, type Contender, type MeasuredCommand } from "../case";
import { CHECKOUT } from "../command";
import { findGh } from "../rivals/gh";
import { ours } from "../rivals/ours";
import { findTerraform } from "../rivals/terraform";
import { onPath } from "../rivals/rival";

/** The command line against what others start in, Node itself first. */
export const benchCase: BenchCase = {
  ids: ["start-up"],
  run: async ({ compare }) => {
    const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent" };
    const [gh, terraform, git] = await Promise.all([findGh(), findTerraform(), onPath("git")]);
    const plain = (...words: readonly string[]): MeasuredCommand => ({ words, env, cwd: CHECKOUT });
    const one = (name: string, command: MeasuredCommand): Contender => ({
      name,
      round: async (probe) => ({ start: await probe(command) }),
    });
    const rival = (name: string, program: string | undefined, missing: string | undefined, ...words: string[]) =>
      program === undefined ? { name, notRun: missing ?? "not here" } : one(name, plain(program, ...words));
    await compare({
      id: "start-up",
      title: "start",
      latencyMs: 0,
      contenders: [
        one("node -e 0", plain(process.execPath, "-e", "0")),
        one("ours --version", ours(env, "--version")),
        one("ours --help", ours(env, "--help")),
        rival("gh --version", gh.program, gh.missing, "--version"),
        rival("terraform version", terraform.program, terraform.missing, "version"),
        rival("git --version", git, undefined, "--version"),
      ],
    });
  },
};
