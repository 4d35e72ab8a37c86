/** The stand-in for the official Pulumi Cloud plugin (https://www.pulumi.com/registry/packages/pulumiservice/): how is it configured, what does it carry? */
import { type Plugin } from "./plugin";
import { type PropertyBag, textOf } from "./properties";
import { ServiceClient } from "./pulumiservice/client";
import { environment } from "./pulumiservice/environment";
import { environmentVersionTag } from "./pulumiservice/environment-version-tag";
import { PluginError } from "./resource";
import { runPlugin } from "./server";

/** The plugin. The credentials that `pulumi login` stores are not looked at: the token comes from the settings or the environment. */
export const pulumiservicePlugin: Plugin<ServiceClient> = {
  name: "pulumiservice",
  version: "1.3.0",
  resources: [environment, environmentVersionTag],
  configure,
};

async function configure(settings: PropertyBag, environment: NodeJS.ProcessEnv): Promise<ServiceClient> {
  const token = textOf(settings, "accessToken") || environment["PULUMI_ACCESS_TOKEN"];
  if (!token) throw new PluginError("pulumi access token not found: set accessToken or PULUMI_ACCESS_TOKEN");
  // The official order: with a file:// state backend in the environment and no apiUrl, every request fails.
  const url =
    textOf(settings, "apiUrl") ||
    environment["PULUMI_BACKEND_URL"] ||
    environment["PULUMI_API"] ||
    "https://api.pulumi.com";
  if (!URL.canParse(url)) throw new PluginError("apiUrl is not an address");
  return new ServiceClient(url, token, environment);
}

if (require.main === module) void runPlugin(pulumiservicePlugin);
