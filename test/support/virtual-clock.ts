/** How does a spec live through hours in a moment? */

/** When such a spec begins. */
export const BEGIN = Date.parse("2026-11-23T09:00:00Z");

/** A clock that moves when somebody sleeps; requests take no time. */
export class VirtualClock {
  time = BEGIN;
  readonly now = (): number => this.time;
  readonly sleep = async (milliseconds: number): Promise<void> => {
    const until = this.time + milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
    this.time = Math.max(this.time, until);
  };
}
