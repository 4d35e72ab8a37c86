/** What is the sandbox? Six stand-ins and a proxy on loopback, a state folder, and the environment that points everything at them. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { startEsc, type EscStandIn } from "./esc";
import { startEstuary, type EstuaryStandIn } from "./estuary";
import { startGitHub, type GitHubStandIn } from "./github";
import { startGong, type GongStandIn } from "./gong";
import { type StandIn } from "./kit/stand-in";
import { startProxy, type SandboxProxy } from "./proxy";
import { startSnowflake, type SnowflakeStandIn } from "./snowflake";
import { type Toolchain } from "./toolchain";
import { startVercel, type VercelStandIn } from "./vercel";

/** The stack that is set up in the sandbox. */
export const SANDBOX_STACK = "development";

/** Options of {@link startSandbox}. */
export interface SandboxOptions {
  /** Folder of Pulumi.yaml. */
  readonly projectDirectory: string;
  /** Folder for everything that the sandbox writes; made new, mode 0700. */
  readonly directory: string;
  readonly toolchain: Toolchain;
  /** The environment of the process that starts it. */
  readonly environment: NodeJS.ProcessEnv;
  /** The pair of keys that Gong starts with. @default a random one */
  readonly gongKey?: { readonly accessKey: string; readonly secret: string };
  /** Where Pulumi keeps the state. @default a folder in `directory` */
  readonly stateUrl?: string;
  /** What opens that, by the names that Pulumi reads. */
  readonly stateVariables?: Readonly<Record<string, string>>;
}

/** A running sandbox: everything seeded, nothing deployed. */
export interface Sandbox {
  readonly esc: EscStandIn;
  readonly github: GitHubStandIn;
  readonly vercel: VercelStandIn;
  readonly snowflake: SnowflakeStandIn;
  readonly gong: GongStandIn;
  readonly estuary: EstuaryStandIn;
  readonly proxy: SandboxProxy;
  /** What must be set for `pulumi` and `sophia-secrets` to work against it; tokens are in here. */
  readonly variables: Readonly<Record<string, string>>;
  /** Header value for the sandbox-only routes of the stand-ins. */
  readonly adminToken: string;
  /** Ends the servers; the folder stays. */
  close(): Promise<void>;
}

/** The six services of a sandbox, without the proxy. */
export function standInsOf({ esc, github, vercel, snowflake, gong, estuary }: Sandbox): readonly StandIn[] {
  return [esc, github, vercel, snowflake, gong, estuary];
}

/** Names that the stand-ins are seeded with, taken from the stack's own settings so that both agree. */
interface Seed {
  readonly organization: string;
  readonly githubOwner: string;
  readonly repositories: readonly string[];
  readonly vercelTeam: string;
  readonly vercelProject: string;
  readonly snowflakeAccount: string;
}

/** Starts the stand-ins on free ports, seeds them, makes the intake and the (empty) stack. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, projectDirectory } = options;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const seed = await readSeed(projectDirectory);
  const tokens = makeTokens();
  const servers = await startServers(seed, tokens, options);
  const close = async () => {
    await Promise.all(Object.values(servers).map((server) => server.close()));
  };
  try {
    const variables = await prepareFolder(options, servers, tokens);
    await seedIntake(servers, seed, options.gongKey ?? tokens.gongKey);
    await initStack(options, variables);
    return { ...servers, variables, adminToken: tokens.admin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Servers = Pick<Sandbox, "esc" | "github" | "vercel" | "snowflake" | "gong" | "estuary" | "proxy">;
type Tokens = ReturnType<typeof makeTokens>;

function makeTokens() {
  const token = (prefix: string) => `${prefix}${randomBytes(20).toString("hex")}`;
  return {
    admin: token("admin_"),
    pulumi: token("pul-"),
    github: token("ghp_"),
    vercel: token("vercelcontrol"),
    estuary: token("estuarycontrol"),
    snowflakePassword: token("Aa1-"),
    gongKey: { accessKey: token("GONG").toUpperCase().slice(0, 32), secret: token("eyJ") },
  };
}

async function startServers(seed: Seed, tokens: Tokens, { directory, gongKey }: SandboxOptions): Promise<Servers> {
  const { admin: adminToken } = tokens;
  const [snowflakeOrganization = "", snowflakeAccount = ""] = seed.snowflakeAccount.split("-");
  const vercel = await startVercel({
    controlToken: tokens.vercel,
    team: { id: seed.vercelTeam, slug: seed.organization },
    projects: [{ id: seed.vercelProject, name: "sophia" }],
    adminToken,
  });
  const [esc, github, snowflake, gong, estuary, proxy] = await Promise.all([
    startEsc({ token: tokens.pulumi, organization: seed.organization, adminToken }),
    startGitHub({
      tokens: [tokens.github],
      organization: seed.githubOwner,
      repositories: seed.repositories,
      adminToken,
    }),
    startSnowflake({
      organization: snowflakeOrganization,
      account: snowflakeAccount,
      seed: {
        networkPolicy: "ACCOUNT_POLICY",
        users: [
          {
            name: "SOPHIA_ADMIN",
            password: tokens.snowflakePassword,
            type: "LEGACY_SERVICE",
            defaultRole: "ACCOUNTADMIN",
            roles: ["ACCOUNTADMIN"],
          },
        ],
      },
      adminToken,
    }),
    startGong({ keys: [gongKey ?? tokens.gongKey], adminToken }),
    startEstuary({ controlToken: tokens.estuary, adminToken }),
    startProxy({ vercelUrl: vercel.url, caFile: join(directory, "ca.pem") }),
  ]);
  return { esc, github, vercel, snowflake, gong, estuary, proxy };
}

/** The folder's files and the environment. `PULUMI_OPTION_…` are the CLI's own twins of its options. */
async function prepareFolder(
  options: SandboxOptions,
  servers: Servers,
  tokens: Tokens,
): Promise<Record<string, string>> {
  const { directory, projectDirectory, toolchain, environment } = options;
  const place = (name: string) => join(directory, name);
  for (const name of ["state", "work", "pulumi-home", "no-certificates"]) await mkdir(place(name), { mode: 0o700 });
  await symlink(join(toolchain.pluginHome, "plugins"), join(place("pulumi-home"), "plugins"));
  await writeFile(place("passphrase"), randomBytes(24).toString("hex"), { mode: 0o600 });
  // `stack init` writes a salt into the settings file: into this copy, not into the one that git tracks.
  for (const file of ["Pulumi.yaml", `Pulumi.${SANDBOX_STACK}.yaml`]) {
    await copyFile(join(projectDirectory, file), join(place("work"), file));
    await chmod(join(place("work"), file), 0o600);
  }
  return {
    PATH: [toolchain.bin, environment.PATH ?? ""].join(delimiter),
    PULUMI_HOME: place("pulumi-home"),
    ...options.stateVariables,
    PULUMI_BACKEND_URL: options.stateUrl ?? pathToFileURL(place("state")).href,
    PULUMI_CONFIG_PASSPHRASE_FILE: place("passphrase"),
    PULUMI_STACK: SANDBOX_STACK,
    PULUMI_OPTION_CONFIG_FILE: join(place("work"), `Pulumi.${SANDBOX_STACK}.yaml`),
    PULUMI_OPTION_YES: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    SOPHIA_SECRETS_YES: "true",
    SOPHIA_ESC_URL: servers.esc.url,
    SOPHIA_GITHUB_URL: `${servers.github.url}/api/v3`,
    SOPHIA_VERCEL_URL: servers.vercel.url,
    SOPHIA_SNOWFLAKE_URL: servers.snowflake.url,
    PULUMI_ACCESS_TOKEN: tokens.pulumi,
    GITHUB_TOKEN: tokens.github,
    SOPHIA_VERCEL_CONTROL_TOKEN: tokens.vercel,
    SOPHIA_ESTUARY_CONTROL_TOKEN: tokens.estuary,
    SOPHIA_SNOWFLAKE_ADMIN_USER: "SOPHIA_ADMIN",
    SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: tokens.snowflakePassword,
    // The Vercel provider knows one address only; the proxy leads there and refuses every other host. Upper case:
    // the lower-case twin would catch the engine's own connections.
    HTTPS_PROXY: servers.proxy.url,
    NO_PROXY: "127.0.0.1,localhost",
    SSL_CERT_FILE: servers.proxy.caFile,
    SSL_CERT_DIR: place("no-certificates"),
  };
}

/** What a person would have put in before the first `up`: Gong's pair of keys, and the addresses of this very sandbox. */
async function seedIntake(
  { esc, gong, estuary }: Servers,
  seed: Seed,
  gongKey: NonNullable<SandboxOptions["gongKey"]>,
) {
  const secret = (text: string) => ({
    "fn::fromBase64": { "fn::secret": Buffer.from(text, "utf8").toString("base64") },
  });
  const definition = {
    values: {
      services: {
        gong: {
          settings: { GONG_BASE_URL: gong.url },
          slots: { a: { GONG_API_KEY: secret(gongKey.accessKey), GONG_API_SECRET: secret(gongKey.secret) } },
        },
        estuary: { settings: { ESTUARY_API_URL: estuary.url } },
      },
    },
  };
  esc.edit(
    "sophia",
    `${SANDBOX_STACK}-intake`,
    `# Values of the ${seed.organization} sandbox\n${JSON.stringify(definition, null, 2)}\n`,
  );
}

async function initStack({ directory }: SandboxOptions, variables: Readonly<Record<string, string>>): Promise<void> {
  const { PULUMI_OPTION_CONFIG_FILE: _, ...env } = variables;
  const options = {
    cwd: join(directory, "work"),
    env: { ...process.env, ...env, PULUMI_OPTION_CONFIG_FILE: undefined },
  };
  await promisify(execFile)("pulumi", ["stack", "init", SANDBOX_STACK, "--non-interactive"], options);
}

async function readSeed(projectDirectory: string): Promise<Seed> {
  const text = await readFile(join(projectDirectory, `Pulumi.${SANDBOX_STACK}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  const word = (key: string) => String(config[`sophia:${key}`]);
  return {
    organization: word("organization"),
    githubOwner: word("githubOwner"),
    repositories: config["sophia:githubRepositories"] as string[],
    vercelTeam: word("vercelTeam"),
    vercelProject: word("vercelProject"),
    snowflakeAccount: word("snowflakeAccount"),
  };
}
