/** Terraform with the GitHub provider that Pulumi's is made from: `github_actions_secret`. https://github.com/integrations/terraform-provider-github */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MeasuredCommand } from "../case";
import { CHECKOUT } from "../command";
import { type GitHubWorld } from "../stand-ins/protocol";
import { type SyncInput } from "./inputs";
import { BENCH_CACHE, firstFound, isProgram, onPath, output, type Found } from "./rival";

/** The module that tools/providers/github pins, so that both run the very same code. */
const PROVIDER = "github.com/integrations/terraform-provider-github/v6";

/** Settings of the provider and the command. */
export interface TerraformTuning {
  /** The provider's own: a second between writes, one request at a time. */
  readonly isDefault: boolean;
}

/** Terraform or OpenTofu on PATH. */
export function findTerraform(): Promise<Found> {
  const named = (name: string) => async (): Promise<Found> => {
    const program = await onPath(name);
    if (!program) return { missing: `${name} is not on PATH` };
    return {
      program,
      version: `${name} ${/v(\d+\.\d+\.\d+)/.exec(await output(program, "version"))?.[1] ?? "unknown"}`,
    };
  };
  return firstFound([named("terraform"), named("tofu")]);
}

/** The provider as a plugin of Terraform, built from the Go module that the toolchain has fetched. */
export function findProvider(): Promise<Found> {
  const module = join(CHECKOUT, "tools", "providers", "github");
  return firstFound([
    async () => {
      const go = await onPath("go");
      if (!go) return { missing: "go, which builds the provider, is not on PATH" };
      const version = (await output(go, "-C", module, "list", "-m", "-f", "{{.Version}}", PROVIDER)).trim();
      const program = join(BENCH_CACHE, `terraform-provider-github-${version}`, "terraform-provider-github");
      if (!(await isProgram(program))) {
        const flags = [
          "-mod=readonly",
          "-trimpath",
          "-buildvcs=false",
          "-tags",
          "osusergo,grpcnotrace",
          "-ldflags",
          "-s -w",
        ];
        await output(go, "-C", module, "build", ...flags, "-o", program, PROVIDER);
      }
      return { program, version };
    },
  ]);
}

/** A folder that is set up, and the command that brings it about. */
export async function terraformApply(
  { terraform, provider }: { readonly terraform: string; readonly provider: string },
  github: GitHubWorld,
  input: SyncInput,
  { isDefault }: TerraformTuning,
): Promise<MeasuredCommand> {
  await mkdir(join(input.folder, "terraform"), { recursive: true });
  const tuned = isDefault ? {} : { write_delay_ms: 0, read_delay_ms: 0, parallel_requests: true };
  const names = Object.keys(input.values);
  const configuration = {
    terraform: { required_providers: { github: { source: "integrations/github" } } },
    provider: { github: { owner: github.owner, base_url: `${github.apiUrl}/`, ...tuned } },
    variable: { values: { type: "map(string)", sensitive: true } },
    locals: {
      places: `\${{ for place in setproduct(${JSON.stringify(input.repositories)}, ${JSON.stringify(names)}) : join("/", place) => place }}`,
    },
    resource: {
      github_actions_secret: {
        all: {
          for_each: "${local.places}",
          ...{ repository: "${each.value[0]}", secret_name: "${each.value[1]}" },
          plaintext_value: "${var.values[each.value[1]]}",
        },
      },
    },
  };
  const rc = `provider_installation {\n  dev_overrides {\n    "integrations/github" = ${JSON.stringify(join(provider, ".."))}\n  }\n  direct {}\n}\n`;
  const files = {
    "main.tf.json": JSON.stringify(configuration),
    "terraform.tfvars.json": JSON.stringify({ values: input.values }),
    "terraform.rc": rc,
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(input.folder, "terraform", name), text, { mode: 0o600 });
  return {
    words: [
      terraform,
      "apply",
      "-auto-approve",
      "-input=false",
      "-no-color",
      ...(isDefault ? [] : ["-parallelism=50"]),
    ],
    cwd: join(input.folder, "terraform"),
    env: {
      ...{ PATH: process.env.PATH ?? "", HOME: input.folder, GITHUB_TOKEN: github.token },
      ...{ TF_CLI_CONFIG_FILE: join(input.folder, "terraform", "terraform.rc"), CHECKPOINT_DISABLE: "1" },
    },
  };
}
