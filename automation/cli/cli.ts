/** Which verbs are there? The command line as data for commander; each verb's code is loaded when it runs. */
import { Command } from "commander";
import { helpConfiguration, TOP_LEVEL_NOTES } from "./help";
import { addAuditVerb } from "./verbs/audit";
import { addCompletionVerb } from "./verbs/completion";
import { addEnvFileVerbs } from "./verbs/env-files";
import { addInspectionVerbs } from "./verbs/inspection";
import { addMetricsVerb } from "./verbs/metrics";
import { addReportVerb } from "./verbs/report";
import { addRotationVerbs } from "./verbs/rotation";
import { addSandboxVerb } from "./verbs/sandbox";
import { addStackVerbs } from "./verbs/stack";
import { addSyncVerbs } from "./verbs/sync";
import { addTestVerb } from "./verbs/test";
import { declareVerb, type Act, type Verbs } from "./verbs/verb";

/** The verbs under their headings in help, in the order in which a reader meets them. */
const GROUPS: readonly (readonly [heading: string, ...declare: readonly ((verbs: Verbs) => void)[]])[] = [
  ["Credentials:", addStackVerbs, addRotationVerbs, addTestVerb, addAuditVerb, addReportVerb, addMetricsVerb],
  ["Values in and out:", addEnvFileVerbs, addSyncVerbs],
  ["Looking and helping:", addInspectionVerbs, addSandboxVerb],
];

/** The whole command line; `act` runs what was chosen. */
export function createCli(version: string, act: Act): Command {
  const cli = new Command("sophia-secrets")
    .description("Owns, distributes, rotates and proves the credentials of the Sophia AI platform.")
    .version(version)
    .configureHelp(helpConfiguration)
    .addHelpText("after", TOP_LEVEL_NOTES)
    .exitOverride();
  const verbs: Verbs = { act, verb: (name, description, ...examples) => declareVerb(cli, name, description, examples) };
  for (const [heading, ...declarations] of GROUPS) {
    cli.commandsGroup(heading);
    for (const declare of declarations) declare(verbs);
  }
  addCompletionVerb(verbs, cli);
  cli.helpCommand("help [command]", "say how a command is used");
  return cli;
}
