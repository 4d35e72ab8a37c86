/**
 * What does a rotation live through here? A deployed stack on the real engine, struck at requests of a rotation, then run once more plainly.
 * Invariants are checked at each request of each service, not only at the end.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Settings } from "../../automation/settings";
import { type RequestRecord, type StandIn } from "../../sandbox/kit/stand-in";
import { SANDBOX_STACK } from "../../sandbox/sandbox";
import { Canaries, collectSecrets } from "../support/canaries";
import { CHECKOUT, isChange, said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";
import { TIMED_OUT, WarmDriver, type RunOptions } from "./driver";
import { GongPerson } from "./gong-person";
import { deadCopies, leftLocks, refusedConsumers, settledFaults } from "./invariants";
import { generalPath, pathPattern, type FaultPoint, type ObservedRequest } from "./point";
import { processTree, signalProcess } from "./processes";
import { type RoundResult } from "./strike";
import { readToolchain } from "../../sandbox/toolchain";
import { startProviders, type Providers } from "../support/providers";

/** How Snowflake's credential is made. */
export type Strategy = "password" | "key-pair" | "access-token";

/** A person who is impatient presses ctrl-C again. Milliseconds. */
const BETWEEN_SIGNALS_MS = 300;

/** Exit codes with which a struck run may end: done, partial, usage (a token refused at the start), authentication, resource, not found (ESC said 404), drift, cancelled, time-out, locked, or killed. */
const HONEST_EXITS = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, -1];

/** A stack that lives through one strike after another. */
export class FaultWorld {
  readonly driver: WarmDriver;
  readonly gong: GongPerson;
  readonly canaries = new Canaries();
  /** Of every command. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often somebody looked whether consumers are served, and what was asked of the services meanwhile. */
  looks = 0;
  /** What was wrong at an instant, with the request at which it was seen first. */
  private readonly instants = new Map<string, string>();
  private isWatching = false;
  private attached = "";

  private constructor(
    readonly sandbox: SpecSandbox,
    readonly settings: Settings,
    private readonly providers: Providers,
  ) {
    const { variables, places } = sandbox;
    this.environment = { ...variables, HOME: places.home, TMPDIR: places.temporary };
    this.driver = new WarmDriver(this.environment);
    this.gong = new GongPerson(sandbox, this.canaries);
    for (const standIn of sandbox.standIns()) standIn.observe((request) => this.checkInstant(standIn.name, request));
  }

  /** Deploys a stack with the first credentials of every service. Throws when that fails. */
  static async start(strategy: Strategy = "password"): Promise<FaultWorld> {
    const sandbox = await startSpecSandbox();
    const file = join(sandbox.directory, "work", `Pulumi.${SANDBOX_STACK}.yaml`);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/snowflakeCredential: .*/, `snowflakeCredential: ${strategy}`));
    const { variables, places } = sandbox;
    const toolchain = await readToolchain(CHECKOUT, process.env);
    const providers = await startProviders(toolchain, { ...variables, HOME: places.home, TMPDIR: places.temporary });
    const world = new FaultWorld(sandbox, sandbox.session().settings, providers);
    world.attached = await providers.attach();
    const up = await world.run(["up"]);
    if (up.code === 0) return world;
    await world.dispose();
    throw new Error(said(up));
  }

  async dispose(): Promise<void> {
    this.driver.stop();
    this.providers.dispose();
    await this.sandbox.dispose();
  }

  /** Rotates everything undisturbed and returns what was asked of the services, in order. Throws when that is not clean. */
  async observe(): Promise<ObservedRequest[]> {
    this.clearRequests();
    const violations = await this.watch(async () => [await this.rotate()]);
    if (violations.length > 0) throw new Error(`undisturbed: ${violations.join("; ")}`);
    const all = this.sandbox
      .standIns()
      .flatMap((standIn) => standIn.requests().map((request) => ({ standIn: standIn.name, request })));
    all.sort((left, right) => left.request.at.localeCompare(right.request.at));
    // What the person at Gong does is no part of it.
    const own = all.filter(({ request }) => !request.path.startsWith("/_admin/"));
    return own.map(({ standIn, request }) => ({
      ...{ standIn, method: request.method, path: request.path, isChange: isChange(request) },
    }));
  }

  /** Runs what `act` runs while consumers are watched, and says what was not as it must be, at any instant and in the end. */
  async watch(act: () => Promise<readonly ChildResult[]>): Promise<string[]> {
    collectSecrets(this.canaries, this.sandbox);
    this.instants.clear();
    this.isWatching = true;
    const runs = await act();
    const settled = await this.settle(runs);
    this.isWatching = false;
    return settled;
  }

  /** `rotate --service all`, struck at these points; tells which were reached. A run that has ended has let go of its lock, or is no more. */
  async rotate(points: readonly FaultPoint[] = []): Promise<ChildResult & { readonly struck: readonly FaultPoint[] }> {
    const struck = new Set<FaultPoint>();
    const isMachineKill = points.some(({ strike }) => strike.kind === "kill" && strike.scope === "machine");
    const result = await this.run(await this.rotation(), {
      onStart: (pid) => points.forEach((point) => this.arm(point, pid, () => struck.add(point))),
      // What is started by the engine itself is killed with it.
      ...(isMachineKill ? { variables: { PULUMI_DEBUG_PROVIDERS: null } } : {}),
    });
    for (const standIn of this.sandbox.standIns()) standIn.clearFaults();
    if (this.holder() === this.driver.pid) this.driver.stop();
    return { ...result, struck: [...struck] };
  }

  /** The words of a rotation, with what a person at Gong hands over at this moment. */
  async rotation(): Promise<readonly string[]> {
    return ["rotate", "--service", "all", "--grace", "0", "--from-file", await this.gong.file(), "--json"];
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<ChildResult> {
    const variables = { PULUMI_DEBUG_PROVIDERS: this.attached, ...options.variables };
    return this.driver.run(args, { ...options, variables });
  }

  /** Looks for every secret of all rounds in everything that was written: state, its backups and history, home, temporary files. */
  async searchEverything(): Promise<RoundResult> {
    const started = Date.now();
    const { folder, variables } = this.sandbox;
    const meant = [variables.PULUMI_CONFIG_PASSPHRASE_FILE ?? "", ...this.gong.files];
    const violations = [
      ...(await this.canaries.inFolder(folder, meant)),
      ...(await this.canaries.inFolder(this.providers.place)),
    ];
    const struck = ["a search of everything that was written, for every secret of all rounds"];
    return { struck, missed: [], exits: [], looks: this.canaries.count, violations, durationMs: Date.now() - started };
  }

  /** Forgets what was asked of the services. */
  clearRequests(): void {
    for (const standIn of this.sandbox.standIns()) standIn.clearRequests();
  }

  /** What is wrong at the end of the runs; the last one was a plain one. */
  private async settle(runs: readonly ChildResult[]): Promise<string[]> {
    const last = runs.at(-1);
    await this.gong.deleteOthers();
    const preview = await this.run(["preview", "--expect-no-changes"]);
    collectSecrets(this.canaries, this.sandbox);
    const words = [...runs, preview].map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join("\n");
    return [
      ...runs.flatMap(brokenPromises),
      ...(last === undefined ? [] : unfinished(last)),
      ...[...this.instants].map(([fault, at]) => `${fault} (first seen at ${at})`),
      ...(preview.code === 0 ? [] : [`the stack is not at rest: ${preview.stderr}`]),
      ...(await settledFaults(this.sandbox, this.settings)),
      ...this.canaries.inText("printed", words),
      ...leftLocks(this.sandbox),
    ];
  }

  /** Whether the request is still to come; they are counted from the last {@link FaultWorld.clearRequests} on. */
  isAhead(point: FaultPoint): boolean {
    return this.passed(point) < point.nth;
  }

  private passed({ standIn: name, method, path }: FaultPoint): number {
    const pattern = new RegExp(pathPattern(path));
    const requests = this.standIn(name).requests();
    return requests.filter((one) => one.method === method && pattern.test(one.path)).length;
  }

  private standIn(name: string): StandIn {
    return this.sandbox.standIns().find((one) => one.name === name) ?? unknownStandIn(name);
  }

  private arm(point: FaultPoint, pid: number, onStrike: () => void): void {
    const { method, path, nth, strike } = point;
    const standIn = this.standIn(point.standIn);
    const matching = { method, path: pathPattern(path), nth: nth - this.passed(point) };
    if (strike.kind === "fault") {
      const times = strike.lasting ? Number.MAX_SAFE_INTEGER : 1;
      return standIn.addFault({ ...matching, times, effect: strike.effect, onHit: onStrike });
    }
    if (strike.kind === "signal") {
      const onHit = () => {
        onStrike();
        for (let time = 0; time < strike.times; time += 1)
          setTimeout(() => signalProcess(pid, strike.signal), time * BETWEEN_SIGNALS_MS);
      };
      return standIn.addFault({ ...matching, effect: { kind: "delay", milliseconds: 0 }, onHit });
    }
    const act = () => {
      for (const victim of strike.scope === "driver" ? [pid] : processTree(pid)) signalProcess(victim, "SIGKILL");
    };
    standIn.addFault({ ...matching, effect: { kind: "strike", when: strike.when, act }, onHit: onStrike });
  }

  private checkInstant(standIn: string, request: RequestRecord): void {
    const { method, path } = request;
    // Nothing else can have changed what consumers read or what a service accepts.
    if (!isChange(request)) return;
    if (standIn === "esc") this.gong.look();
    if (!this.isWatching) return;
    this.looks += 1;
    for (const fault of [...refusedConsumers(this.sandbox), ...deadCopies(this.sandbox, this.settings)])
      if (!this.instants.has(fault)) this.instants.set(fault, `${standIn} ${method} ${generalPath(path)}`);
  }

  /** The process that a record names: a command that failed without giving it back would have ended with its process. */
  private holder(): number | undefined {
    const { rotation = {} } = this.sandbox.esc.openValues("sophia", `${SANDBOX_STACK}-intake`) as {
      rotation?: Record<string, { run?: { owner: string } }>;
    };
    const [owner] = Object.values(rotation).flatMap(({ run }) => run?.owner ?? []);
    return owner === undefined ? undefined : Number(owner.split(":").at(-1));
  }
}

function unknownStandIn(name: string): never {
  throw new Error(`no stand-in ${name}`);
}

function brokenPromises({ code, stderr, stdout }: ChildResult): string[] {
  if (code === TIMED_OUT) return ["the run did not end by itself"];
  if (code === 255 || !HONEST_EXITS.includes(code)) return [`exit code ${code}: ${stderr}`];
  return code === 0 || code === -1 || `${stderr}${stdout}`.trim() !== "" ? [] : ["it failed without a word"];
}

/** The services that a plain run left neither rotated nor at rest. */
function unfinished({ code, stdout, stderr }: ChildResult): string[] {
  try {
    const { services } = JSON.parse(stdout) as { services: { service: string; outcome: string; summary: string }[] };
    const left = services.filter(({ outcome }) => outcome !== "rotated");
    const words = left.map(
      ({ service, outcome, summary }) => `the plain re-run leaves ${service} ${outcome}: ${summary}`,
    );
    return words.length === 0 && code !== 0 ? [`the plain re-run exits ${code}`] : words;
  } catch {
    return [`the plain re-run ends without a report: ${stderr.trim()}`];
  }
}
