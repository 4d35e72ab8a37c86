/** Where does Pulumi keep the state, and what of that address must nobody see? https://www.pulumi.com/docs/iac/concepts/state-and-backends/ */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Query parameters of backend addresses that are secret. https://www.postgresql.org/docs/current/libpq-connect.html */
const SECRET_PARAMETERS = ["password", "sslpassword"];

/** What opens a bucket, a database or the state's secrets, by the names that the CLI's drivers read. */
const SECRET_VARIABLES = [
  ...["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "PGPASSWORD"],
  "PULUMI_CONFIG_PASSPHRASE",
];

/** Folder of the CLI's plugins and credentials. https://www.pulumi.com/docs/iac/cli/environment-variables/ */
export function pulumiHome({ PULUMI_HOME }: NodeJS.ProcessEnv): string {
  return PULUMI_HOME ?? join(homedir(), ".pulumi");
}

/** The backend's address as the CLI finds it: the environment's, else that of the last `pulumi login`; undefined where there was none. May hold a password. */
export function stateAddress(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.PULUMI_BACKEND_URL) return environment.PULUMI_BACKEND_URL;
  const file = join(environment.PULUMI_CREDENTIALS_PATH ?? pulumiHome(environment), "credentials.json");
  try {
    const { current } = JSON.parse(readFileSync(file, "utf8")) as { current?: unknown };
    return typeof current === "string" && current !== "" ? current : undefined;
  } catch {
    return undefined;
  }
}

/** Everything secret in how the state is reached. */
export function stateSecrets(environment: NodeJS.ProcessEnv): (string | undefined)[] {
  const address = stateAddress(environment) ?? "";
  const given = SECRET_VARIABLES.map((name) => environment[name]);
  // What cannot be parsed is quoted as a whole by whoever fails to.
  const [, loose] = /^[a-z0-9+.-]+:\/\/[^/@]*?:(.+)@/i.exec(address) ?? [];
  const own = [loose, ...parameters(address), ...(loose === undefined ? [] : [address, `:${loose}@`])];
  return [...given, ...own.flatMap((text) => (text === undefined ? [] : [text, decoded(text)]))];
}

/** Whether the address itself opens the state. */
export function hasPassword(address: string): boolean {
  return /:\/\/[^/@]*?:.+@/.test(address) || parameters(address).length > 0;
}

/**
 * The environment for the CLI, a database's password apart from its address: the CLI quotes the address in errors and writes it into files of its own
 * (`workspaces` in its home) whenever a stack is selected. https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function withPasswordApart(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PULUMI_BACKEND_URL: address = "" } = environment;
  if (!address.startsWith("postgres://") || !URL.canParse(address)) return environment;
  const url = new URL(address);
  const password = url.searchParams.get("password") ?? decoded(url.password);
  if (password === "") return environment;
  url.password = "";
  url.searchParams.delete("password");
  return { ...environment, PULUMI_BACKEND_URL: url.href, PGPASSWORD: password };
}

/** The address for people: whose, where, and which, without anything that opens it. */
export function describeState(address: string): string {
  // A password with an @ or a slash in it that nobody encoded would be taken for a host.
  const [, scheme = "", user = "", rest = ""] = /^([a-z0-9+.-]+:\/\/)(?:([^/@:]*)(?::.*)?@)?(.*)$/i.exec(address) ?? [];
  return `${scheme}${rest.replace(/[?#].*$/, "").replace(/\/$/, "")}${user === "" ? "" : `, user ${decoded(user)}`}`;
}

/** Whether the state is a bucket or a database in which locks are objects that a process must take away itself, and which other machines share. */
export function isShared(address: string | undefined): boolean {
  return /^(s3|gs|azblob|postgres):\/\//.test(address ?? "");
}

function parameters(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { searchParams } = new URL(address);
  return SECRET_PARAMETERS.flatMap((name) => searchParams.getAll(name)).filter((value) => value !== "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
