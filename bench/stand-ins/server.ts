/** Which worlds does the bench measure in? They live in this process, count what they are asked, and answer as late as they are told. */
import { readFile } from "node:fs/promises";
import { Session } from "../../automation/session";
import { systemHttp } from "../../automation/http";
import { Redactor } from "../../automation/redact";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { GITHUB_COM_LIMITS } from "../../sandbox/github";
import { type StandIn } from "../../sandbox/kit/stand-in";
import { comparePlaces, placeFaults } from "../../sandbox/places";
import { standInsOf, startSandbox, type Sandbox, SANDBOX_STACK } from "../../sandbox/sandbox";
import { type Toolchain } from "../../sandbox/toolchain";
import { CHECKOUT } from "../command";
import { openGitHub, type OpenGitHub } from "./github-world";
import { type Answer, type Envelope, type Questions } from "./protocol";
import { TrafficMeter } from "./traffic";

interface World {
  readonly standIns: readonly StandIn[];
  readonly close: () => Promise<void>;
  readonly sandbox?: Sandbox;
  readonly github?: OpenGitHub;
  readonly esc?: EscStandIn;
}

const ESC_TOKEN = "pul-0123456789abcdef0123456789abcdef";

const worlds = new Map<number, World>();
const names = new Map<number, string>();
const meter = new TrafficMeter((port) => names.get(port));
let latencyMs = 0;
let lastWorld = 0;

function add(world: World): number {
  for (const standIn of world.standIns) {
    names.set(standIn.port, standIn.name);
    standIn.setLatency(latencyMs);
  }
  worlds.set((lastWorld += 1), world);
  return lastWorld;
}

function requirePart<Part extends "sandbox" | "github" | "esc">(world: number, part: Part): NonNullable<World[Part]> {
  const found = worlds.get(world)?.[part];
  if (!found) throw new Error(`world ${world} has no ${part}`);
  return found;
}

const esc = (world: number): EscStandIn => requirePart(world, "esc");

function settingsOf({ variables: environment }: Sandbox) {
  const outside = { http: systemHttp(), now: Date.now, redactor: new Redactor(), signal: new AbortController().signal };
  return new Session(SANDBOX_STACK, { environment, directory: CHECKOUT, ...outside }).settings;
}

const answers: {
  [Name in keyof Questions]: (args: Questions[Name][0]) => Questions[Name][1] | Promise<Questions[Name][1]>;
} = {
  openGitHub: async ({ repositories, limited }) => {
    const github = await openGitHub(repositories, limited ? GITHUB_COM_LIMITS : undefined);
    const world = add({ standIns: [github.standIn], close: github.close, github });
    return { world, ...github.facts };
  },
  openSandbox: async ({ folder, toolchain }) => {
    const sandbox = await startSandbox({
      projectDirectory: CHECKOUT,
      directory: folder,
      toolchain: JSON.parse(await readFile(toolchain, "utf8")) as Toolchain,
      environment: process.env,
    });
    const world = add({ standIns: standInsOf(sandbox), close: () => sandbox.close(), sandbox, esc: sandbox.esc });
    return { world, variables: sandbox.variables };
  },
  openEsc: async () => {
    const standIn = await startEsc({ token: ESC_TOKEN, organization: "payready" });
    const world = add({ standIns: [standIn], close: () => standIn.close(), esc: standIn });
    return { world, variables: { SOPHIA_ESC_URL: standIn.url, PULUMI_ACCESS_TOKEN: ESC_TOKEN } };
  },
  close: async ({ world }) => {
    await worlds.get(world)?.close();
    worlds.delete(world);
  },
  setLatency: ({ milliseconds }) => {
    latencyMs = milliseconds;
    for (const { standIns } of worlds.values()) for (const standIn of standIns) standIn.setLatency(milliseconds);
  },
  startCounting: () => meter.start(),
  stopCounting: () => meter.stop(),
  githubSecrets: ({ world }) => requirePart(world, "github").secrets(),
  escValues: ({ world, environment }) => esc(world).openValues("sophia", environment),
  escRevisions: ({ world, environment }) => esc(world).revisions("sophia", environment).length,
  escEdit: ({ world, environment, yaml }) => void esc(world).edit("sophia", environment, yaml),
  escReplace: ({ world, environment, pattern, to }) => {
    const text = esc(world).text("sophia", environment);
    const found = text.match(new RegExp(pattern, "g"))?.length ?? 0;
    if (found !== 1) throw new Error(`${environment} holds ${found} times what is to be replaced`);
    esc(world).edit("sophia", environment, text.replace(new RegExp(pattern), to));
  },
  disagreements: async ({ world }) => {
    const sandbox = requirePart(world, "sandbox");
    return placeFaults(await comparePlaces(sandbox, settingsOf(sandbox), {}));
  },
};

process.on("message", ({ id, ask, args }: Envelope) => {
  Promise.resolve()
    .then(() => answers[ask](args) as unknown)
    .then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (error: Error) => process.send?.({ id, failed: error.message } satisfies Answer),
    );
});
process.on("disconnect", () => {
  void Promise.all([...worlds.values()].map(({ close }) => close()));
});
