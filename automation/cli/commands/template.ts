/** `template`: an env file to fill in, made from the catalogue. */
import { services } from "../../../services";
import { renderTemplate } from "../../env-file/template";
import { type CommandContext, type CommandResult } from "../command";

/** Prints `.env.example`. */
export async function runTemplate({ output }: CommandContext): Promise<CommandResult> {
  const text = renderTemplate(services);
  output.result({ schema: "sophia-secrets/template", version: 1, text }, text);
  return 0;
}
