/**
 * What does a rotation live through here? A deployed stack on the real engine, struck at one request of a rotation, then run once more plainly.
 * Invariants are checked at each request of each service, not only at the end.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Settings } from "../../automation/settings";
import { createGongAdmin, type GongAdmin } from "../../sandbox/gong-admin";
import { Canaries, collectSecrets } from "../support/canaries";
import { CHECKOUT, isChange, said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";
import { deadCopies, refusedConsumers, settledFaults } from "./invariants";
import { describePoint, pathPattern, type FaultPoint, type ObservedRequest } from "./point";
import { processTree, signalProcess } from "./processes";

/** What a point came to. */
export interface PointResult {
  readonly point: string;
  /** Where. */
  readonly standIn: string;
  /** The strike happened: the rotation came to this request. */
  readonly struck: boolean;
  /** Exit code of the struck run; -1 when it was killed. */
  readonly firstExit: number;
  readonly violations: readonly string[];
  /** What the runs printed, where something was violated. */
  readonly transcript?: string;
  readonly durationMs: number;
}

/** A run that takes longer than this hangs. Milliseconds. */
const DEADLINE_MS = 180_000;

/** A person who is impatient presses ctrl-C again. Milliseconds. */
const BETWEEN_SIGNALS_MS = 300;

/** Exit codes with which a struck run may end: done, partial, usage (a token refused at the start), authentication, resource, drift, cancelled, time-out, locked, or killed. */
const HONEST_EXITS = [0, 1, 2, 3, 4, 7, 8, 9, 10, -1];

/** A stack that lives through one point after another. */
export class FaultWorld {
  /** What was wrong at an instant, with the request at which it was seen first. */
  private readonly instants = new Map<string, string>();
  private readonly canaries = new Canaries();
  private watching = false;
  private rounds = 0;

  private constructor(
    private readonly sandbox: SpecSandbox,
    private readonly settings: Settings,
    private readonly admin: GongAdmin,
  ) {
    for (const standIn of sandbox.standIns()) standIn.observe((request) => this.checkInstant(standIn.name, request));
  }

  /** Deploys a stack with the first credentials of every service. Throws when that fails. */
  static async start(): Promise<FaultWorld> {
    const sandbox = await startSpecSandbox();
    const up = await sandbox.cli(["up"]);
    if (up.code !== 0) throw new Error(said(up));
    const { settings } = sandbox.session();
    return new FaultWorld(sandbox, settings, createGongAdmin(sandbox.gong.url, sandbox.adminToken));
  }

  dispose(): Promise<void> {
    return this.sandbox.dispose();
  }

  /** Rotates everything undisturbed and returns what was asked of the services. Throws when that is not clean. */
  async observe(): Promise<ObservedRequest[]> {
    for (const standIn of this.sandbox.standIns()) standIn.clearRequests();
    const file = await this.newGongPair();
    const { result } = await this.rotate(file);
    const requests = this.sandbox.standIns().flatMap((standIn) =>
      standIn.requests().map((request) => ({
        standIn: standIn.name,
        method: request.method,
        path: request.path,
        isChange: isChange(request),
      })),
    );
    const violations = await this.settle([result]);
    if (violations.length > 0) throw new Error(`undisturbed: ${violations.join("; ")}\n${said(result)}`);
    return requests;
  }

  /** Strikes one rotation, runs the same command again, and says what was not as it must be. */
  async strike(point: FaultPoint): Promise<PointResult> {
    const started = Date.now();
    collectSecrets(this.canaries, this.sandbox);
    this.instants.clear();
    this.watching = true;
    const file = await this.newGongPair();
    const first = await this.rotate(file, point);
    for (const standIn of this.sandbox.standIns()) standIn.clearFaults();
    const again = await this.rotate(file);
    const violations = await this.settle([first.result, again.result]);
    this.watching = false;
    return {
      point: describePoint(point),
      standIn: point.standIn,
      struck: first.struck,
      firstExit: first.result.code,
      violations,
      ...(violations.length > 0 ? { transcript: `${said(first.result)}\n--- again\n${said(again.result)}` } : {}),
      durationMs: Date.now() - started,
    };
  }

  /** The person at Gong deletes what nothing reads any more, what is pending goes on, and everything is looked at. */
  private async settle(runs: readonly ChildResult[]): Promise<string[]> {
    const last = runs.at(-1);
    const promises = runs.flatMap((run) => this.brokenPromises(run));
    // A person makes and deletes Gong's keys: only its part of a plain re-run may be pending.
    const open = last === undefined ? [] : unfinished(last, "gong");
    if (promises.length + open.length === 0) await this.deleteOtherGongKeys();
    const resumed = await this.run(["rotate", "--resume", "--grace", "0", "--json"]);
    const preview = await this.run(["preview", "--expect-no-changes"]);
    collectSecrets(this.canaries, this.sandbox);
    const words = [...runs, resumed, preview].map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join("\n");
    return [
      ...promises,
      ...open,
      ...[...this.instants].map(([fault, at]) => `${fault} (first seen at ${at})`),
      ...(resumed.code === 0 ? [] : [`rotate --resume at the end exits ${resumed.code}: ${resumed.stderr}`]),
      ...(preview.code === 0 ? [] : [`the stack is not at rest: ${preview.stderr}`]),
      ...(await settledFaults(this.sandbox, this.settings)),
      ...this.canaries.inText("printed", words),
      ...this.leftLocks(),
    ];
  }

  private brokenPromises({ code, stderr, stdout }: ChildResult): string[] {
    if (code === TIMED_OUT) return ["the run did not end by itself"];
    if (code === 255 || !HONEST_EXITS.includes(code)) return [`exit code ${code}`];
    return code === 0 || code === -1 || `${stderr}${stdout}`.trim() !== "" ? [] : ["it failed without a word"];
  }

  private leftLocks(): string[] {
    const folder = join(this.sandbox.directory, "state", ".pulumi", "locks");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map(({ name }) => `Pulumi's lock ${name} is left behind`);
  }

  private async rotate(file: string, point?: FaultPoint): Promise<{ result: ChildResult; struck: boolean }> {
    let struck = false;
    const words = ["rotate", "--service", "all", "--grace", "0", "--from-file", file, "--json"];
    const result = await this.run(words, (pid) => {
      if (point) this.arm(point, pid, () => (struck = true));
    });
    return { result, struck };
  }

  private arm({ standIn: name, method, path, nth, strike }: FaultPoint, pid: number, onStrike: () => void): void {
    const standIn = this.sandbox.standIns().find((one) => one.name === name);
    if (!standIn) throw new Error(`no stand-in ${name}`);
    const matching = { method, path: pathPattern(path), nth };
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

  private checkInstant(standIn: string, { method, path }: { method: string; path: string }): void {
    if (!this.watching) return;
    for (const fault of [...refusedConsumers(this.sandbox), ...deadCopies(this.sandbox, this.settings)])
      if (!this.instants.has(fault)) this.instants.set(fault, `${standIn} ${method} ${path}`);
  }

  private async newGongPair(): Promise<string> {
    this.rounds += 1;
    const { accessKey, secret } = await this.admin.makeKey();
    const pair = { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    for (const [name, value] of Object.entries(pair)) this.canaries.add(name, value);
    return this.sandbox.input(`gong-${this.rounds}.json`, JSON.stringify(pair));
  }

  private async deleteOtherGongKeys(): Promise<void> {
    const current = this.sandbox.published().GONG_API_KEY;
    for (const { accessKey } of this.sandbox.gong.keys())
      if (accessKey !== current) await this.admin.deleteKey(accessKey);
  }

  /** Like the spec sandbox's `cli`, with the process id known and a deadline. */
  private run(args: readonly string[], onStart: (pid: number) => void = () => undefined): Promise<ChildResult> {
    const { variables, places } = this.sandbox;
    const env = { ...variables, HOME: places.home, TMPDIR: places.temporary };
    const child = spawn(process.execPath, [join(CHECKOUT, "bin", "sophia-secrets.js"), ...args], {
      cwd: CHECKOUT,
      env,
    });
    const { pid } = child;
    if (pid === undefined) throw new Error("the command line could not be started");
    onStart(pid);
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.stdin.end();
    return new Promise((resolve) => {
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        for (const victim of processTree(pid)) signalProcess(victim, "SIGKILL");
      }, DEADLINE_MS);
      child.once("exit", (code) => {
        clearTimeout(timer);
        // Not "close": what the driver has started may outlive it and hold its pipes.
        setImmediate(() => resolve({ code: timedOut ? TIMED_OUT : (code ?? -1), ...output }));
      });
    });
  }
}

const TIMED_OUT = -2;

/** The services that a run left neither rotated nor at rest, but for those named. */
function unfinished({ stdout, stderr }: ChildResult, ...exempt: readonly string[]): string[] {
  try {
    const { services } = JSON.parse(stdout) as { services: { service: string; outcome: string; summary: string }[] };
    return services.flatMap(({ service, outcome, summary }) =>
      outcome === "rotated" || exempt.includes(service)
        ? []
        : [`the plain re-run leaves ${service} ${outcome}: ${summary}`],
    );
  } catch {
    return [`the plain re-run ends without a report: ${stderr.trim()}`];
  }
}
