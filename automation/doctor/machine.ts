/** What does this machine lack? The provider plugins that the program needs, and env files that others could read. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { auditEnvFiles } from "../audit/working-directory";
import { type DoctorCheck } from "../doctor";

/** A provider plugin by name and version: `snowflake`, `1.3.0`. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** The plugins that the SDKs among the dependencies were made for; `packageFolder` is the folder of our package.json. */
export function wantedPlugins(packageFolder: string): Plugin[] {
  const own = readJson(join(packageFolder, "package.json")) as { dependencies?: Record<string, string> };
  return Object.keys(own.dependencies ?? {})
    .filter((name) => /^@pulumi(verse)?\//.test(name))
    .flatMap((name) => {
      const path = join(packageFolder, "node_modules", name, "package.json");
      const { pulumi } = (existsSync(path) ? readJson(path) : {}) as {
        pulumi?: Partial<Plugin> & { resource?: boolean };
      };
      if (!pulumi?.resource || pulumi.name === undefined || pulumi.version === undefined) return [];
      return [{ name: pulumi.name, version: pulumi.version }];
    });
}

/** Whether Pulumi's plugin folder has them. One that is missing is no fault: Pulumi fetches it at the first `up`, where it may. */
export function checkPlugins(wanted: readonly Plugin[], { PULUMI_HOME }: NodeJS.ProcessEnv): DoctorCheck {
  const folder = join(PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const missing = wanted.filter(({ name, version }) => !there.includes(`resource-${name}-v${version}`));
  const name = "plugins";
  if (missing.length === 0) return { name, status: "ok", detail: wanted.map(describe).join(", ") };
  return {
    name,
    status: "warn",
    detail: `not here yet: ${missing.map(describe).join(", ")}`,
    // https://www.pulumi.com/docs/iac/cli/commands/pulumi_install/
    fix: "The first up fetches them. To do it now: pulumi install",
  };
}

/** One finding for each env file beside `.env` that git tracks or that others can read. */
export async function checkEnvFiles(directory: string, environment: NodeJS.ProcessEnv): Promise<DoctorCheck[]> {
  const files = (await auditEnvFiles(directory, environment)).filter(({ file }) => file !== ".env");
  return files.flatMap(({ file: name, tracked, exposed, mode }): DoctorCheck[] => {
    if (tracked)
      return [
        { name, status: "fail", detail: "git tracks it", fix: `git rm --cached ${name}, then rotate what is in it.` },
      ];
    return exposed ? [{ name, status: "warn", detail: `others can read it (${mode})`, fix: `chmod 600 ${name}` }] : [];
  });
}

function describe({ name, version }: Plugin): string {
  return `${name} ${version}`;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
