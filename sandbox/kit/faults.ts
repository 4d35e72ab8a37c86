/** Which request goes wrong, and how? A script of faults, consumed in order of the requests that match. */

/** What happens to the request that a fault hits. Times are milliseconds. */
export type FaultEffect =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** The connection breaks before the request has an effect. */
  | { readonly kind: "reset" }
  /** The effect takes place and half of the body arrives. */
  | { readonly kind: "cut-body" }
  /** The effect takes place and the connection breaks. */
  | { readonly kind: "effect-without-reply" }
  /** Something happens to the caller (it is killed, say), before or after the effect takes place; it gets no reply. In-process only. */
  | { readonly kind: "strike"; readonly when: "before" | "after"; readonly act: () => void | Promise<void> };

/** One scripted fault. */
export interface Fault {
  /** @default any */
  readonly method?: string;
  /** A regular expression for the path. @default any */
  readonly path?: string;
  /** The how-many-th matching request is hit, counted from when the fault was added. @default 1 */
  readonly nth?: number;
  /** How many matching requests in a row are hit. @default 1 */
  readonly times?: number;
  readonly effect: FaultEffect;
  /** Called at each request that is hit. In-process only. */
  readonly onHit?: () => void;
}

/** The faults of one stand-in, each with its own count of matching requests. */
export class FaultScript {
  private readonly entries: { fault: Fault; expression: RegExp; seen: number }[] = [];

  add(fault: Fault): void {
    this.entries.push({ fault, expression: new RegExp(fault.path ?? ""), seen: 0 });
  }

  clear(): void {
    this.entries.splice(0);
  }

  /** Counts the request for every fault that it matches and returns the effect of the first that is due. */
  next(method: string, path: string): FaultEffect | undefined {
    let due: Fault | undefined;
    for (const entry of this.entries) {
      const { fault } = entry;
      if ((fault.method && fault.method !== method) || !entry.expression.test(path)) continue;
      entry.seen += 1;
      const first = fault.nth ?? 1;
      if (entry.seen >= first && entry.seen < first + (fault.times ?? 1)) due ??= fault;
    }
    due?.onHit?.();
    return due?.effect;
  }
}
