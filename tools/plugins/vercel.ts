/** The stand-in for the official Vercel plugin (https://www.pulumi.com/registry/packages/vercel/): how is it configured, what does it carry? */
import { type Plugin } from "./plugin";
import { type PropertyBag, textOf } from "./properties";
import { PluginError } from "./resource";
import { runPlugin } from "./server";
import { isNotFound, VercelClient } from "./vercel/client";
import { project } from "./vercel/project";
import { projectEnvironmentVariable } from "./vercel/project-environment-variable";
import { userToken } from "./vercel/user-token";

/** The plugin; every provider instance of a program runs in a process of its own, so the session is that of one instance. */
export const vercelPlugin: Plugin<VercelClient> = {
  name: "vercel",
  version: "5.4.1",
  resources: [project, projectEnvironmentVariable, userToken],
  configure,
};

async function configure(settings: PropertyBag, environment: NodeJS.ProcessEnv): Promise<VercelClient> {
  const token = settings["apiToken"] === undefined ? environment["VERCEL_API_TOKEN"] : textOf(settings, "apiToken");
  if (!token) throw new PluginError("Unable to find api_token: api_token cannot be an empty string");
  // The official provider's rule, which bearer tokens of the sandbox have to pass too.
  if (!/[0-9a-zA-Z]{24}/.test(token)) {
    throw new PluginError("Invalid api_token: api_token (VERCEL_API_TOKEN) must hold 24 letters and digits in a row");
  }
  const client = new VercelClient(token, environment);
  const team = textOf(settings, "team");
  if (!team) return client;
  try {
    return client.withTeam(await client.getTeam(team));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new PluginError(
      "Vercel Team not found: check that the team's slug or id is right and that the token has access to the team.",
    );
  }
}

if (require.main === module) void runPlugin(vercelPlugin);
