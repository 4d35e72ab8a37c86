/** Which verbs play with the stand-ins? */
import { Argument } from "commander";
import { offering, type Shared, type Verbs } from "./verb";

const ACTIONS = ["run", "start", "env", "status", "stop", "gong-key", "gong-retire"];

const WHAT_THEY_DO = `
Actions:
  run          the whole tour, as npm run sandbox does it
  start, stop  the stand-ins, in the background
  env          what a shell needs to work against them
  status       whether they run, and where
  gong-key, gong-retire
               what a person does at Gong: make a key, delete the old one`;

/** Declares them. */
export function addSandboxVerb({ verb, act }: Verbs): void {
  verb("sandbox", "stand-ins of every service on this machine", "sandbox start", 'eval "$(sophia-secrets sandbox env)"')
    .addArgument(offering(new Argument("<action>", "what to do"), ACTIONS))
    .option("--foreground", "start: stay until interrupted", false)
    .addHelpText("after", WHAT_THEY_DO)
    .action((action: string, o: Shared & { foreground: boolean }) =>
      act(o, async (c) => (await import("../commands/sandbox.js")).runSandbox({ action, foreground: o.foreground }, c)),
    );
}
