/** Which verbs are there? The command line as data for commander; each verb's code is loaded when it runs. */
import { Command } from "commander";
import { addAuditVerb } from "./verbs/audit";
import { addEnvFileVerbs } from "./verbs/env-files";
import { addInspectionVerbs } from "./verbs/inspection";
import { addRotationVerbs } from "./verbs/rotation";
import { addSandboxVerb } from "./verbs/sandbox";
import { addStackVerbs } from "./verbs/stack";
import { addSyncVerbs } from "./verbs/sync";
import { addTestVerb } from "./verbs/test";
import { type Act, type Verbs } from "./verbs/verb";

/** The whole command line; `act` runs what was chosen. */
export function createCli(version: string, act: Act): Command {
  const cli = new Command("sophia-secrets")
    .description("Owns, distributes, rotates and proves the credentials of the Sophia AI platform.")
    .version(version)
    .showHelpAfterError()
    .exitOverride();
  const verbs: Verbs = {
    act,
    verb: (name, description, example) =>
      cli
        .command(name)
        .description(description)
        .option("-s, --stack <stack>", "the stack (default: $PULUMI_STACK or development)")
        .option("--json", "one JSON object on standard output")
        .addHelpText("after", `\nExample:\n  $ sophia-secrets ${example}`),
  };
  const declarations = [
    ...[addStackVerbs, addRotationVerbs, addTestVerb, addAuditVerb, addEnvFileVerbs],
    ...[addSyncVerbs, addInspectionVerbs, addSandboxVerb],
  ];
  for (const declare of declarations) declare(verbs);
  return cli;
}
