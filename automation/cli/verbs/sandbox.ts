/** Which verbs play with the stand-ins? */
import { type Shared, type Verbs } from "./verb";

/** Declares them. */
export function addSandboxVerb({ verb, act }: Verbs): void {
  verb("sandbox", "stand-ins of every service on this machine", "sandbox start")
    .argument(
      "<action>",
      "run: the whole tour; start, env, status, stop: to play by hand; gong-key, gong-retire: what a person does at Gong",
    )
    .option("--foreground", "start: stay until interrupted", false)
    .action((action: string, o: Shared & { foreground: boolean }) =>
      act(o, async (c) => (await import("../commands/sandbox.js")).runSandbox({ action, foreground: o.foreground }, c)),
    );
}
