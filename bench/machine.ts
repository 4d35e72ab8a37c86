/** Where did the numbers come from? Numbers without this say little. */
import { readFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem, type as systemType } from "node:os";
import { join } from "node:path";
import { CHECKOUT } from "./command";
import { findGh } from "./rivals/gh";
import { onPath, output } from "./rivals/rival";
import { findProvider, findTerraform } from "./rivals/terraform";
import { type Machine } from "./results";
import { readPackage } from "../automation/cli/package";

/** Machine, load and versions. */
export async function describeMachine(): Promise<Machine> {
  const [gh, terraform, provider] = await Promise.all([findGh(), findTerraform(), findProvider()]);
  const { dependencies } = JSON.parse(await readFile(join(CHECKOUT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  // Terraform says its name again.
  const found = ({ version }: { readonly version?: string | undefined }) => version?.split(" ").pop() ?? "not here";
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${systemType()} ${release().split(".", 2).join(".")}`,
    load: loadavg()[0] ?? 0,
    versions: {
      "sophia-secrets": readPackage().version,
      node: process.version.slice(1),
      "@pulumi/pulumi": dependencies["@pulumi/pulumi"] ?? "unknown",
      typescript: dependencies.typescript ?? "unknown",
      gh: found(gh),
      terraform: found(terraform),
      "terraform-provider-github": found(provider),
      bash: (await output((await onPath("bash")) ?? "bash", "-c", "echo $BASH_VERSION")).trim(),
    },
  };
}
