/**
 * What does the rotation driver turn in its specs? Real ESC on a socket with the real session, store and ETags; an `up` that plays Pulumi's part
 * in memory; services that know which credentials are alive; and a process that can be killed after any effect.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemHttp } from "../../automation/http";
import { type ProbeResult } from "../../automation/probes/result";
import { Redactor } from "../../automation/redact";
import { FIRST_RECORD, liveSlots, SLOTS, type RotationRecord } from "../../automation/rotation/record";
import { type RotationContext } from "../../automation/rotation/world";
import { type RotationReport, type StepName } from "../../automation/rotation/report";
import { rotate, type RotateOptions } from "../../automation/rotation/rotate";
import { type LastUses } from "../../automation/rotation/usage";
import { Session } from "../../automation/session";
import { type StackOutputs } from "../../automation/stack-outputs";
import { publishedDefinition, secretsDefinition, slotReference } from "../../components/esc-definitions";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { services } from "../../services";
import { type Service, type SlotName } from "../../services/service";
import { credentialVariables, materialOf, variablesOf } from "../../services/select";
import { TEST_TOKENS } from "./program";

/** The process was killed: nothing of it runs any more. */
export class Killed extends Error {}

/** Answers of a probe that are not looked up in the table of what is alive; `forbidden`: let in, and then refused what it asked for. */
export type Verdict = "unknown" | "rejected" | "forbidden" | Error;

/** One process of the driver. */
export interface Driver {
  readonly id: string;
  readonly owner: string;
  /** The world as this process acts on it. */
  readonly context: RotationContext;
  readonly run: (options: Partial<RotateOptions> & { services?: readonly Service[] }) => Promise<RotationReport>;
  /** Effects that it has had: `write` for a revision of the intake, `up STEP` for an `up`. */
  readonly effects: readonly string[];
}

/** What happens to a driver. */
export interface DriverOptions {
  /** Killed right after this effect, counted from 1. */
  readonly killAfter?: number;
  readonly owner?: string;
  /** Runs instead of `up`; it may throw. */
  readonly up?: (step: StepName, genuine: () => Promise<void>) => Promise<void>;
  /** Between the driver's reading of the intake and its write. */
  readonly beforeWrite?: () => void;
}

const PROJECT = "sophia";
const INTAKE = "development-intake";
const byName = (name: string): Service => {
  const found = (services as readonly Service[]).find((service) => service.name === name);
  if (!found) throw new Error(name);
  return found;
};

/** A new world for each test of the suite that this is called in; after none of them may anybody have been locked out. */
export function eachInAWorld(take: (world: RotationWorld) => void): void {
  let world: RotationWorld;
  beforeEach(async () => {
    world = await RotationWorld.start();
    take(world);
  });
  afterEach(async () => {
    await world.close();
    assert.deepEqual(world.broken, [], "consumers were locked out");
  });
}

/** The world of one spec. */
export class RotationWorld {
  now = Date.parse("2026-11-23T09:00:00.000Z");
  /** `service: user|password` of every credential that its service accepts. */
  readonly alive = new Set<string>();
  /** What GitHub holds, with the time of the last write. */
  readonly github = new Map<string, { value: string; updatedAt: string }>();
  /** Whose pending, published or (published and new) promoted credential gets an answer of its own, by `service purpose`. */
  readonly verdicts = new Map<string, Verdict>();
  /** Owners of processes that have ended. */
  readonly dead = new Set<string>();
  /** Variables that GitHub does not take at the next promotion, although Pulumi believes it. */
  readonly lostWrites = new Set<string>();
  /** Services of which the old credential stays accepted. */
  readonly undead = new Set<string>();
  readonly waits: number[] = [];
  /** What services say of the last uses of the old and the new credential. */
  lastUses: () => Promise<LastUses> = async () => ({ old: undefined, fresh: { at: new Date(this.now).toISOString() } });
  readonly broken: string[] = [];
  /** What a person hands over; made new each time by default. */
  provide: () => Promise<Readonly<Record<string, string>> | undefined> = async () => this.makeGongPair();
  retire: (values: Readonly<Record<string, string>>) => Promise<boolean> = async (values) => {
    this.alive.delete(key(byName("gong"), ["GONG_API_KEY", "GONG_API_SECRET"], values));
    return true;
  };
  private readonly made = new Map<string, { generation: number; values: Record<string, string> }>();
  /** How many pairs Gong's admin has made. */
  pairs = 0;
  private drivers = 0;

  private constructor(
    readonly esc: EscStandIn,
    readonly session: Session,
  ) {}

  /** A stack that is up, with every service's first credential. */
  static async start(): Promise<RotationWorld> {
    const token = "pul-world-token";
    const esc = await startEsc({ token, organization: "payready" });
    const holder: { world?: RotationWorld } = {};
    const session = new Session("development", {
      environment: { ...TEST_TOKENS, PULUMI_ACCESS_TOKEN: token, SOPHIA_ESC_URL: esc.url },
      directory: join(__dirname, "..", ".."),
      http: { ...systemHttp(), sleep: async () => undefined },
      now: () => holder.world?.now ?? 0,
      redactor: new Redactor(),
      signal: new AbortController().signal,
    });
    const world = new RotationWorld(esc, session);
    holder.world = world;
    const { GONG_API_KEY, GONG_API_SECRET } = world.makeGongPair();
    esc.edit(
      PROJECT,
      INTAKE,
      `# by hand\nvalues:\n  services:\n    gong:\n      slots:\n        a:\n          GONG_API_KEY: {fn::secret: "${GONG_API_KEY}"}\n          GONG_API_SECRET: {fn::secret: "${GONG_API_SECRET}"}\n`,
    );
    await world.bringAbout();
    return world;
  }

  close(): Promise<void> {
    return this.esc.close();
  }

  /** A new pair of keys, alive at Gong. */
  makeGongPair(): { GONG_API_KEY: string; GONG_API_SECRET: string } {
    this.pairs += 1;
    const pair = { GONG_API_KEY: `canary-gong-key-${this.pairs}`, GONG_API_SECRET: `canary-gong-secret-${this.pairs}` };
    this.alive.add(key(byName("gong"), Object.keys(pair), pair));
    return pair;
  }

  /** A process that can rotate. */
  driver(options: DriverOptions = {}): Driver {
    this.drivers += 1;
    const id = `run-${this.drivers}`;
    const owner = options.owner ?? `host-${this.drivers}:1`;
    const effects: string[] = [];
    const context = this.contextOf(id, owner, effects, options);
    const run: Driver["run"] = async ({ services: selected = [byName("snowflake")], ...rest }) =>
      rotate({ graceMs: 0, ...rest, services: selected }, context).catch((error: unknown) => {
        if (error instanceof Killed) this.dead.add(owner);
        throw error;
      });
    return { id, owner, context, run, effects };
  }

  /** The record of a service as it stands in ESC. */
  async record(service: string): Promise<RotationRecord> {
    return (await this.session.intake.require()).intake.rotation(service);
  }

  /** What consumers of ESC read now. */
  published(): Record<string, string> {
    const { environmentVariables } = this.esc.openValues(PROJECT, "development");
    return environmentVariables as Record<string, string>;
  }

  /** How many credentials the service accepts. */
  aliveCount(service: string): number {
    return [...this.alive].filter((text) => text.startsWith(`${service}: `)).length;
  }

  /** The definition of the intake, with ciphertext. */
  intakeText(): string {
    return this.esc.text(PROJECT, INTAKE);
  }

  /** Writes the intake as somebody else would. */
  editIntake(change: (text: string) => string): void {
    this.esc.edit(PROJECT, INTAKE, change(this.intakeText()));
  }

  /** Plays `pulumi up`: brings slots, the environments and GitHub about as the intake says; doing it twice changes nothing. */
  async bringAbout(): Promise<void> {
    const { intake } = await this.session.intake.require();
    const material: Record<string, Partial<Record<SlotName, Record<string, string>>>> = {};
    const references: Record<string, { reference: string } | { text: string }> = {};
    for (const service of this.rotating()) {
      const record = intake.rotation(service.name);
      const names = materialOf(this.session.credentialOf(service));
      if (this.isProvided(service)) material[service.name] = { ...intake.service(service.name).slots };
      else material[service.name] = this.bringSlotsAbout(service, record, names);
      for (const variable of variablesOf(service)) {
        const name = variable.sameAs ?? variable.name;
        if (names.includes(name) && material[service.name]?.[record.current]?.[name] !== undefined)
          references[variable.name] = { reference: slotReference(service.name, record.current, name) };
        else if (!variable.secret) references[variable.name] = { text: `plain ${name}` };
      }
      for (const name of credentialVariables(service, this.session.credentialOf(service)))
        this.writeGitHub(name, material[service.name]?.[record.current]?.[service.variables[name]?.sameAs ?? name]);
    }
    const generated = Object.fromEntries(
      Object.entries(material).filter(([name]) => !this.isProvided(byName(name))),
    ) as Record<string, Partial<Record<SlotName, Record<string, string>>>>;
    this.esc.edit(PROJECT, "development-secrets", secretsDefinition(generated, "fingerprint"));
    const imports = [`${PROJECT}/${INTAKE}`, `${PROJECT}/development-secrets`];
    this.esc.edit(PROJECT, "development", publishedDefinition({ imports, variables: references }));
  }

  /** The credentials that consumers read somewhere and the services refuse; nothing when all is well. */
  lockedOut(): string[] {
    const published = this.published();
    const github = Object.fromEntries([...this.github].map(([name, { value }]) => [name, value]));
    return this.rotating().flatMap((service) => {
      const names = materialOf(this.session.credentialOf(service));
      const places = Object.entries({ esc: published, github });
      return places.flatMap(([place, values]) =>
        this.alive.has(key(service, names, values)) ? [] : [`${service.name} in ${place}`],
      );
    });
  }

  /** Services that accept more or fewer credentials than the record says; what a person makes and deletes is counted by hand. */
  private miscounted(): string[] {
    const { rotation = {} } = this.esc.openValues(PROJECT, INTAKE) as { rotation?: Record<string, RotationRecord> };
    return this.rotating().flatMap((service) => {
      if (this.isProvided(service) || this.undead.has(service.name)) return [];
      const said = liveSlots(rotation[service.name] ?? FIRST_RECORD).length;
      const found = this.aliveCount(service.name);
      return said === found ? [] : [`${service.name} accepts ${found} credentials instead of ${said}`];
    });
  }

  private contextOf(id: string, owner: string, effects: string[], options: DriverOptions): RotationContext {
    const { session } = this;
    let isDead = false;
    const alive = () => {
      if (isDead) throw new Killed();
    };
    const effect = (word: string) => {
      effects.push(word);
      const faults = [...this.lockedOut(), ...(word === "write" ? [] : this.miscounted())];
      this.broken.push(...faults.map((what) => `${what} after effect ${effects.length} (${word})`));
      if (effects.length !== options.killAfter) return;
      isDead = true;
      throw new Killed();
    };
    const intake = Object.create(session.intake) as typeof session.intake;
    intake.write = async (decide) => {
      alive();
      const before = this.esc.revisions(PROJECT, INTAKE).at(-1)?.number;
      let wrote = false;
      const result = await session.intake.write((state) => {
        const edits = decide(state);
        wrote = edits.length > 0;
        if (wrote) options.beforeWrite?.();
        return edits;
      });
      if (wrote && this.esc.revisions(PROJECT, INTAKE).at(-1)?.number !== before) effect("write");
      return result;
    };
    const timestamp = () => new Date(this.now).toISOString();
    return {
      stackName: "development",
      intake,
      destinations: { list: async () => (alive(), this.listGitHub()) },
      assistant: {
        provide: async () => this.provide(),
        retire: async (_, values) => this.retire(values),
      },
      credentialOf: (service) => session.credentialOf(service),
      findObstacle: () => Promise.resolve(undefined),
      clearLeftovers: () => Promise.resolve([]),
      up: async (step) => {
        alive();
        const genuine = async () => {
          await this.bringAbout();
          effect(`up ${step}`);
        };
        await (options.up ? options.up(step, genuine) : genuine());
        return { changes: [], unchanged: 0, durationMs: 1, outputs: this.outputs() };
      },
      openPublished: async () => (alive(), session.openPublished()),
      probe: async (service, values) => (alive(), this.probe(service, values)),
      lastUses: async () => (alive(), this.lastUses()),
      redeploy: async () => [],
      findOutsideEdits: async () => [],
      run: () => ({ id, owner, heartbeatAt: timestamp() }),
      hasEnded: (run) => this.dead.has(run.owner),
      now: () => this.now,
      timestamp,
      sleep: async (milliseconds) => {
        this.waits.push(milliseconds);
        this.now += milliseconds;
      },
      tell: () => undefined,
      tellDeed: () => undefined,
    };
  }

  /** Whose credential it is follows from its value: what consumers read, or another slot. */
  private async probe(service: Service, values: Readonly<Record<string, string>>): Promise<ProbeResult> {
    const names = materialOf(this.session.credentialOf(service));
    const published = this.published();
    const purpose = names.every((name) => published[name] === values[name]) ? "published" : "pending";
    const { rotation = {} } = this.esc.openValues(PROJECT, INTAKE) as { rotation?: Record<string, RotationRecord> };
    const isNew = ["promoted", "draining"].includes(rotation[service.name]?.phase ?? "idle");
    const promoted = isNew && purpose === "published" ? this.verdicts.get(`${service.name} promoted`) : undefined;
    const verdict = promoted ?? this.verdicts.get(`${service.name} ${purpose}`);
    if (verdict instanceof Error) throw verdict;
    const known = this.alive.has(key(service, names, values)) ? "passed" : "rejected";
    const found = verdict ?? (names.every((name) => values[name]) ? known : "unknown");
    const outcome = found === "forbidden" ? "rejected" : found;
    return {
      service: service.name,
      outcome,
      reason: `it ${outcome}`,
      credentialRefused: found === "rejected",
      details: {},
      durationMs: 1,
      attempts: 1,
    };
  }

  private bringSlotsAbout(service: Service, record: RotationRecord, names: readonly string[]) {
    const live = new Map(liveSlots(record).map(({ slot, generation }) => [slot, generation]));
    const material: Partial<Record<SlotName, Record<string, string>>> = {};
    for (const slot of SLOTS) {
      const place = `${service.name} ${slot}`;
      const made = this.made.get(place);
      const generation = live.get(slot);
      if (made && made.generation !== generation) {
        if (!this.undead.has(service.name)) this.alive.delete(key(service, names, made.values));
        this.made.delete(place);
      }
      if (generation === undefined) continue;
      const values = Object.fromEntries(names.map((name) => [name, `canary-${name}-${slot}-${generation}`]));
      if (made?.generation !== generation) {
        this.made.set(place, { generation, values });
        this.alive.add(key(service, names, values));
      }
      material[slot] = values;
    }
    return material;
  }

  /** What the program says at the end of an `up`. */
  private outputs(): StackOutputs {
    const revision = (environment: string) => this.esc.revisions(PROJECT, environment).at(-1)?.number ?? 0;
    return {
      environment: `payready/${PROJECT}/development`,
      secretsRevision: revision("development-secrets"),
      publishedRevision: revision("development"),
      destinations: { esc: [], github: [], vercel: [] },
      missing: [],
      fingerprints: {},
    };
  }

  private writeGitHub(name: string, value: string | undefined): void {
    if (value === undefined || this.github.get(name)?.value === value) return;
    if (this.github.has(name) && this.lostWrites.delete(name)) return;
    this.now += 1000;
    this.github.set(name, { value, updatedAt: new Date(this.now).toISOString() });
  }

  private listGitHub() {
    return [...this.github].map(([name, { updatedAt }]) => ({ place: "github payready/sophia", name, updatedAt }));
  }

  private rotating(): Service[] {
    return (services as readonly Service[]).filter(({ rotation }) => rotation !== undefined);
  }

  private isProvided(service: Service): boolean {
    return this.session.credentialOf(service).kind === "provided";
  }
}

/** Services of the catalogue by name. */
export function servicesNamed(...names: readonly string[]): Service[] {
  return names.map(byName);
}

function key(service: Service, names: readonly string[], values: Readonly<Record<string, string>>): string {
  return `${service.name}: ${names.map((name) => values[name] ?? "").join("|")}`;
}
