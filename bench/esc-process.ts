/** How does the bench speak to the ESC stand-in, which has a process of its own so that neither takes the other's time? */
import { fork } from "node:child_process";
import { join } from "node:path";

/** A question to the stand-in's process. */
export interface EscQuestion {
  readonly id: number;
  readonly ask: "start" | "stop" | "values" | "revisions" | "edit";
  readonly environment?: string;
  readonly yaml?: string;
}

/** Its answer; the one with id 0 is the address, sent when it is ready. */
export interface EscAnswer {
  readonly id: number;
  readonly value: unknown;
}

/** A stand-in at work. */
export interface EscProcess {
  readonly url: string;
  readonly token: string;
  startCounting(): Promise<void>;
  /** Requests since {@link EscProcess.startCounting} and the milliseconds in which at least one was worked on. */
  stopCounting(): Promise<{ readonly calls: number; readonly serviceMs: number }>;
  /** What a consumer of `sophia/NAME` gets. Never resolves to an error: the process ends with one. */
  values(environment: string): Promise<Record<string, unknown>>;
  revisions(environment: string): Promise<number>;
  /** Writes a definition as somebody else would. */
  edit(environment: string, yaml: string): Promise<void>;
  close(): Promise<void>;
}

const TOKEN = "pul-0123456789abcdef0123456789abcdef";

/** Starts it. Throws when it ends instead of answering. */
export async function startEscProcess(): Promise<EscProcess> {
  const child = fork(join(__dirname, "esc-server.ts"), [TOKEN, "payready"], {
    execArgv: ["--import", "tsx"],
    serialization: "advanced",
  });
  const waiting = new Map<
    number,
    { readonly done: (value: unknown) => void; readonly failed: (error: Error) => void }
  >();
  child.on("message", ({ id, value }: EscAnswer) => {
    waiting.get(id)?.done(value);
    waiting.delete(id);
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  void ended.then(() => {
    for (const { failed } of waiting.values()) failed(new Error("the ESC stand-in has ended"));
  });
  const answerTo = (id: number) => new Promise((done, failed) => waiting.set(id, { done, failed }));
  let last = 0;
  const ask = async <T>(question: Omit<EscQuestion, "id">): Promise<T> => {
    const id = (last += 1);
    const answer = answerTo(id);
    child.send({ id, ...question } satisfies EscQuestion);
    return (await answer) as T;
  };
  const url = (await answerTo(0)) as string;
  return {
    url,
    token: TOKEN,
    startCounting: () => ask({ ask: "start" }),
    stopCounting: () => ask({ ask: "stop" }),
    values: (environment) => ask({ ask: "values", environment }),
    revisions: (environment) => ask({ ask: "revisions", environment }),
    edit: (environment, yaml) => ask({ ask: "edit", environment, yaml }),
    close: async () => {
      child.disconnect();
      await ended;
    },
  };
}
