/** How long do many secrets take to many repositories: into empty ones, again without a change, and with a tenth of them changed? */
import { Stopped, type BenchCase, type BenchContext, type Comparison, type Contender, type Run } from "../case";
import { makeSecrets, repositoryNames, writeInput, type SyncInput } from "../rivals/inputs";
import { syncContenders, type SyncContender } from "../rivals/sync";
import { type GitHubWorld, type RepositorySecrets } from "../stand-ins/protocol";

interface Size {
  readonly secrets: number;
  readonly repositories: number;
  readonly latencyMs: number;
  /** Contenders that would take so long that nobody waits for them, with the reason. */
  readonly left: Readonly<Record<string, string>>;
  /** By github.com's secondary limits. @default without any */
  readonly limited?: boolean;
}

const BY_HAND = { "pulumi by hand": "sleeps a second after each write by its own default, as Terraform does" };

const SIZES: readonly Size[] = [
  {
    ...{ secrets: 10, repositories: 1, latencyMs: 20 },
    left: { ...BY_HAND, "terraform, defaults": "is measured with 100 secrets" },
  },
  { secrets: 100, repositories: 1, latencyMs: 20, left: BY_HAND },
  {
    ...{ secrets: 100, repositories: 20, latencyMs: 20 },
    left: {
      ...BY_HAND,
      "terraform, defaults": "sleeps a second after each write: 37 minutes",
      "ours, a resource each": "2,000 resources: the state is written anew after each of them",
      "terraform, tuned": "2,000 resources take minutes",
      script: "one after the other: 2,000 calls of 20 ms, three times a round",
    },
  },
];

/** The same values by every contender; each starts with empty repositories and forgets nothing between its three steps. */
export const benchCase: BenchCase = {
  ids: ["sync-", "limits-"],
  run: async (context) => {
    const contenders = await syncContenders(context.worlds);
    for (const size of context.quick ? SIZES.slice(0, 1) : SIZES) {
      const { secrets, repositories, latencyMs, left } = size;
      await context.compare({
        id: `sync-${secrets}x${repositories}-${latencyMs}`,
        title: `${secrets} secrets to ${repositories === 1 ? "1 repository" : `${repositories} repositories`}`,
        latencyMs,
        growth: { series: "secrets to GitHub", work: secrets * repositories },
        contenders: contenders.map((one) => contenderOf(one, size, context, left[one.name])),
      });
    }
    if (!context.quick) await context.compare(limited(contenders, context));
  },
};

/** What github.com would do: more than 80 writes a minute, or 100 requests at once, are refused, and so is whoever goes on asking. */
function limited(contenders: readonly SyncContender[], context: BenchContext): Comparison {
  const left = {
    ...BY_HAND,
    "ours, a resource each": "sleeps a second after each write at github.com, as Terraform does",
  };
  const size = { secrets: 100, repositories: 1, latencyMs: 20, left, limited: true };
  return {
    id: "limits-100x1-20",
    title: "100 secrets to 1 repository, within github.com's limits",
    latencyMs: size.latencyMs,
    contenders: contenders
      .filter(({ name }) => name !== "terraform, tuned")
      .map((one) => contenderOf(one, size, context, (left as Record<string, string>)[one.name])),
  };
}

function contenderOf(
  one: SyncContender,
  { secrets, repositories, limited = false }: Size,
  { worlds }: BenchContext,
  reason: string | undefined,
): Contender {
  const notRun = one.missing ?? reason;
  if (notRun !== undefined || !one.prepare) return { name: one.name, notRun: notRun ?? "not here" };
  const { prepare } = one;
  return {
    name: one.name,
    round: async (probe) => {
      const names = repositoryNames(repositories);
      const github = await worlds.openGitHub(names, limited);
      const folder = await worlds.newFolder();
      const step = async (changed: number): Promise<Run> => {
        const input = await writeInput(folder, makeSecrets(secrets, changed), names);
        const command = await prepare(github, input);
        // Whoever is stopped ends with 1: what got there says how far it came.
        const run = await probe(limited ? { ...command, expect: [0, 1] } : command);
        const held = await stored(github);
        if (limited) refuseHalves(input, held);
        return judged(run, input, held);
      };
      const stored = ({ world }: GitHubWorld) => worlds.standIns.ask("githubSecrets", { world });
      try {
        const tenth = Math.ceil(secrets / 10);
        return {
          "into empty ones": await step(0),
          "nothing changed": await step(0),
          "a tenth changed": await step(tenth),
        };
      } finally {
        await worlds.closeWorld(github);
      }
    },
  };
}

/** Throws {@link Stopped} where GitHub has taken some of the input only. */
function refuseHalves({ values, repositories }: SyncInput, stored: RepositorySecrets): void {
  const wanted = repositories.flatMap((name) => Object.entries(values).map((entry) => [name, ...entry] as const));
  const there = wanted.filter(([repository, name, value]) => stored[repository]?.[name] === value).length;
  if (there < wanted.length)
    throw new Stopped(`stopped by GitHub's limits: ${there} of ${wanted.length} secrets got there`);
}

/** The stand-in's store, opened, against the input: every repository holds every value and nothing else. */
function judged(run: Run, { values, repositories }: SyncInput, stored: RepositorySecrets): Run {
  for (const repository of repositories) {
    const held = stored[repository] ?? {};
    const names = new Set([...Object.keys(held), ...Object.keys(values)]);
    for (const name of names)
      if (held[name] !== values[name]) return { ...run, wrong: `${name} of ${repository} is not what the input says` };
  }
  return run;
}
