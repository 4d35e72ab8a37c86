/** Which options does a verb have that can alert? */
import { Option, type Command } from "commander";

/** Adds them. */
export function withAlertOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--alert [when]", "tell sophia:alertWebhook what is wrong: each change of it, or always")
        .choices(["change", "always"])
        .preset("change"),
    )
    .option("--alert-state <file>", "what was told last (default: secrets_alert_state.json)");
}
