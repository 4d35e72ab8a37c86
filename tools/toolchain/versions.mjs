// Which versions of which tools does this checkout need?

/**
 * @typedef {object} PluginPin
 * @property {string} name Name of the resource plugin.
 * @property {string} version Version, the one that the npm package in package.json asks for.
 * @property {string} repository GitHub repository (owner/name) whose releases carry the official plugin.
 * @property {string} [goModule] Folder below tools/ whose main package is the same provider, built from Go modules.
 * @property {string} [standIn] TypeScript file below tools/ that stands in where the official plugin cannot be had.
 */

/** The Pulumi CLI. Its official archive carries a language host of the same version. */
export const PULUMI = Object.freeze({
  version: "3.259.0",
  repository: "pulumi/pulumi",
  goModule: "cli",
  goPackage: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
});

/** The Node language host where it has to be built: newer ones live in a module that Go module proxies do not serve. */
export const LANGUAGE_HOST = Object.freeze({
  version: "3.68.0",
  goModule: "language-nodejs",
  goPackage: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  dynamicLauncher: "pulumi-resource-pulumi-nodejs",
});

/** Where the linker writes the version that `pulumi version` prints; the Automation API refuses a CLI without one. */
export const VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** First Go release that the go.mod files below tools/ accept, as [major, minor]. */
export const MINIMUM_GO = Object.freeze([1, 26]);

/** The provider plugins, in the order in which they are set up. @type {readonly PluginPin[]} */
export const PLUGINS = Object.freeze([
  { name: "github", version: "6.15.0", repository: "pulumi/pulumi-github", goModule: "providers/github" },
  { name: "snowflake", version: "1.3.0", repository: "pulumi/pulumi-snowflake", goModule: "providers/snowflake" },
  { name: "random", version: "4.21.2", repository: "pulumi/pulumi-random", goModule: "providers/random" },
  { name: "vercel", version: "5.4.1", repository: "pulumiverse/pulumi-vercel", standIn: "plugins/vercel.ts" },
  {
    name: "pulumiservice",
    version: "1.3.0",
    repository: "pulumi/pulumi-pulumiservice",
    standIn: "plugins/pulumiservice.ts",
  },
]);
