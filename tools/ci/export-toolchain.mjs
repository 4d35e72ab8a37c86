// How do later steps of a job find Pulumi and its plugins? By PATH and PULUMI_HOME, as toolchain.json says; nothing else is installed meanwhile.
import { appendFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { requireVariable, runScript } from "./github.mjs";

await runScript(async () => {
  const [file = ""] = process.argv.slice(2);
  const { bin, pluginHome, pulumi, plugins } = JSON.parse(readFileSync(file, "utf8"));
  const standIns = plugins
    .filter((/** @type {{ source: string }} */ { source }) => source === "stand-in")
    .map((/** @type {{ name: string }} */ { name }) => name)
    .join(", ");
  // A job that can log in works on the real services, which are to be asked as the real plugins ask them.
  if (standIns !== "" && process.env.ACTIONS_ID_TOKEN_REQUEST_URL)
    throw new Error(
      `no official plugin could be had for ${standIns}, and a job with credentials takes no stand-in; run it again later`,
    );
  appendFileSync(requireVariable(process.env, "GITHUB_PATH"), `${bin}\n`);
  // The job's own: what Pulumi writes down of a log-in stays out of the folder that a cache could keep.
  const home = path.join(requireVariable(process.env, "RUNNER_TEMP"), "pulumi-home");
  mkdirSync(home, { mode: 0o700 });
  symlinkSync(path.join(pluginHome, "plugins"), path.join(home, "plugins"));
  const variables = {
    SOPHIA_SECRETS_TOOLCHAIN: file,
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  appendFileSync(requireVariable(process.env, "GITHUB_ENV"), lines.join(""));
  return `Pulumi ${pulumi.version} and ${plugins.length} plugins.${standIns === "" ? "" : ` Stand-ins in the place of: ${standIns}.`}`;
});
