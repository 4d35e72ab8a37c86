/** How does the bench speak to the stand-ins, which have a process of their own so that neither takes the other's time? */
import { fork } from "node:child_process";
import { join } from "node:path";
import { type Answer, type Questions } from "./protocol";

/** The stand-ins at work. */
export interface StandIns {
  /** Throws what the process says when it cannot answer, and when it has ended. */
  readonly ask: <Name extends keyof Questions>(question: Name, args: Questions[Name][0]) => Promise<Questions[Name][1]>;
  /** Ends the process and everything in it. */
  close(): Promise<void>;
}

interface Waiting {
  readonly done: (value: never) => void;
  readonly failed: (error: Error) => void;
}

/** Starts the process. */
export function startStandIns(): StandIns {
  const child = fork(join(__dirname, "server.ts"), [], { execArgv: ["--import", "tsx"], serialization: "advanced" });
  const waiting = new Map<number, Waiting>();
  child.on("message", ({ id, value, failed }: Answer) => {
    const { done, failed: fail } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (failed === undefined) done?.(value as never);
    else fail?.(new Error(failed));
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  void ended.then(() => {
    for (const { failed } of waiting.values()) failed(new Error("the process of the stand-ins has ended"));
  });
  let last = 0;
  return {
    ask: (ask, args) =>
      new Promise((done, failed) => {
        const id = (last += 1);
        waiting.set(id, { done, failed });
        child.send({ id, ask, args }, (error) => {
          if (error) failed(new Error("the process of the stand-ins has ended", { cause: error }));
        });
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
