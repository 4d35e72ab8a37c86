/** When may the next request go out? Sliding windows and a number of slots that all writers of a process share, and one pause for all after a refusal. */
import { type HttpDependencies } from "../http";
import { WRITE_POINTS, writingMs, type WriteBudget } from "./budget";

/** Time, injected. */
export interface PaceDependencies extends Pick<HttpDependencies, "sleep"> {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How far the writers are. */
export interface WriteProgress {
  readonly done: number;
  readonly total: number;
  /** Milliseconds that what is left will take at least, the present pause included. */
  readonly remainingMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What was sent, and when. */
interface Sent {
  readonly at: number;
  readonly points: number;
  readonly isWrite: boolean;
}

/** Paces all requests of one process to one GitHub. Whoever asks first goes first, so that writes of one credential are not torn apart. */
export class Pace {
  private sent: Sent[] = [];
  private pausedUntil = 0;
  private readonly writers: Slots;
  private readonly readers: Slots;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();
  private isRefused = false;
  private total = 0;
  private done = 0;

  constructor(
    private readonly budget: WriteBudget,
    private readonly dependencies: PaceDependencies,
  ) {
    // Apart, because a write may have to read a key that has changed while it holds its slot.
    this.writers = new Slots(budget.concurrent);
    this.readers = new Slots(budget.concurrent);
  }

  /** How often GitHub has refused a request because of a limit; what was under way at the same time counts once. */
  refusals = 0;

  /** Adds to what is to be written, for {@link Pace.progress}. */
  announce(writes: number): void {
    this.total += writes;
  }

  /** Counts writes that are over, well or not. */
  finish(writes: number): void {
    this.done += writes;
  }

  progress(): WriteProgress {
    const left = Math.max(0, this.total - this.done);
    const pause = Math.max(0, this.pausedUntil - this.dependencies.now());
    return { done: this.done, total: this.total, remainingMs: pause + writingMs(left, this.presentBudget()) };
  }

  /** Counts writes that another run has just made with the same token, as far as places tell; ISO times. */
  remember(times: readonly string[]): void {
    const now = this.dependencies.now();
    const recent = times.map((time) => Date.parse(time)).filter((at) => at > now - MINUTE && at <= now);
    this.sent = [...recent.map((at) => ({ at, points: WRITE_POINTS, isWrite: true })), ...this.sent];
    this.sent.sort((left, right) => left.at - right.at);
  }

  /** Runs requests that belong together as soon as all of them may go out at once; after {@link Pace.stop} none of them is begun. */
  async write<T>(requests: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> {
    try {
      await this.admit(requests.length);
    } catch (reason) {
      return requests.map(() => ({ status: "rejected", reason }));
    }
    return Promise.allSettled(requests.map((request) => request().finally(() => this.writers.give(1))));
  }

  /** Runs a request that only reads, when it may go out. */
  async read<T>(request: () => Promise<T>): Promise<T> {
    await this.readers.take(1);
    try {
      await this.single(false);
      return await request();
    } finally {
      this.readers.give(1);
    }
  }

  /** No write is begun any more, and nobody waits; what is under way goes on to its end. */
  stop(): void {
    this.stopping.abort();
  }

  /**
   * GitHub has refused a request that was sent at `sentAt`: nobody sends anything for so many milliseconds. A refusal of what was under way when
   * the pause began is no new one.
   */
  pause(milliseconds: number, sentAt: number): void {
    if (this.refusals === 0 || sentAt >= this.pausedUntil) this.refusals += 1;
    this.isRefused = true;
    this.hold(milliseconds);
  }

  /** Nobody sends anything for so many milliseconds, without a refusal: the hour's requests are used up. */
  hold(milliseconds: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.dependencies.now() + milliseconds);
  }

  /** Waits until one request may be sent, and counts it: one that only reads, or one that has its slot already and is tried again. */
  async single(isWrite: boolean): Promise<void> {
    await this.wait(1, isWrite ? WRITE_POINTS : 1, isWrite);
  }

  private async admit(count: number): Promise<void> {
    await this.inTurn(async () => {
      await this.writers.take(count);
      await this.wait(count, WRITE_POINTS, true).catch((error: unknown) => {
        this.writers.give(count);
        throw error;
      });
    });
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(act);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async wait(count: number, points: number, isWrite: boolean): Promise<void> {
    for (;;) {
      const delay = this.delay(count, points, isWrite);
      const { signal } = this.stopping;
      if (signal.aborted && (isWrite || delay > 0)) throw new Error("not written, because the run was cancelled");
      if (delay <= 0) break;
      await this.dependencies.sleep(delay, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    const at = this.dependencies.now();
    for (let index = 0; index < count; index += 1) this.sent.push({ at, points, isWrite });
  }

  /** Milliseconds until the windows have room. */
  private delay(count: number, points: number, isWrite: boolean): number {
    const now = this.dependencies.now();
    this.sent = this.sent.filter(({ at }) => at > now - HOUR);
    const { writesPerMinute, pointsPerMinute, writesPerHourOnceRefused } = this.budget;
    const writes = isWrite ? this.sent.filter((one) => one.isWrite) : [];
    return Math.max(
      this.pausedUntil - now,
      isWrite ? roomIn(writes, () => 1, count, writesPerMinute, MINUTE, now) : 0,
      isWrite && this.isRefused ? roomIn(writes, () => 1, count, writesPerHourOnceRefused, HOUR, now) : 0,
      roomIn(this.sent, (one) => one.points, count * points, pointsPerMinute, MINUTE, now),
    );
  }

  private presentBudget(): WriteBudget {
    const { writesPerHourOnceRefused: hourly } = this.budget;
    return this.isRefused && hourly !== undefined ? { ...this.budget, writesPerMinute: hourly / 60 } : this.budget;
  }
}

/** So many at once; whoever asks for more than there are waits until all are free. */
class Slots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly all: number) {
    this.free = all;
  }

  async take(count: number): Promise<void> {
    while (this.free < Math.min(count, this.all)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.free -= count;
  }

  give(count: number): void {
    this.free += count;
    this.waiting.splice(0).forEach((wake) => wake());
  }
}

/** Milliseconds until `wanted` more fit into a window; what is larger than the window goes when that is empty. */
function roomIn(
  sent: readonly Sent[],
  weigh: (one: Sent) => number,
  wanted: number,
  limit: number | undefined,
  window: number,
  now: number,
): number {
  if (limit === undefined) return 0;
  const inside = sent.filter(({ at }) => at > now - window);
  let excess = inside.reduce((sum, one) => sum + weigh(one), 0) + Math.min(wanted, limit) - limit;
  for (const one of inside) {
    if (excess <= 0) return 0;
    excess -= weigh(one);
    if (excess <= 0) return one.at + window - now;
  }
  return 0;
}
