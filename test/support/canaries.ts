/** Did a secret value get out? Looks for it in texts, folders and argument lists, raw and in every form in which it could surface. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { services } from "../../services";
import { variablesOf } from "../../services/select";
import { type Sandbox } from "../../sandbox/sandbox";

/** Shorter texts are ordinary words that stand anywhere. */
const SHORTEST = 8;

/** The value as it is, base64, base64url, hex, JSON-escaped (as Node and as Go do it), URL-encoded, and each long line of it. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const json = JSON.stringify(value).slice(1, -1);
  const hex = bytes.toString("hex");
  const forms = [
    value,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    hex,
    hex.toUpperCase(),
    json,
    json.replace(/[<>&]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`),
    encodeURIComponent(value),
    new URLSearchParams({ "": value }).toString().slice(1),
    ...value.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith("-----")),
  ];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

/** Secret values with a name for each, so that a finding can be told without its value. */
export class Canaries {
  private readonly known = new Map<string, { readonly name: string; readonly forms: readonly string[] }>();

  /** Registers a value; short ones are left out. */
  add(name: string, value: string | undefined): void {
    if (value === undefined || value.length < SHORTEST) return;
    this.known.set(value, { name, forms: this.known.get(value)?.forms ?? formsOf(value) });
  }

  /** How many different values are known. */
  get count(): number {
    return this.known.size;
  }

  /** `where: name` for each value that is in the text in any form. */
  inText(where: string, text: string): string[] {
    return [...this.known.values()].flatMap(({ name, forms }) =>
      forms.some((form) => text.includes(form)) ? [`${where}: ${name}`] : [],
    );
  }

  /** The same for every file below a folder, names of files included; symbolic links are not followed. `meant` are files that may hold values. */
  async inFolder(folder: string, meant: readonly string[] = []): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(folder)) {
      const path = join(folder, entry);
      found.push(...this.inText(`name of ${path}`, entry));
      const kind = await lstat(path);
      if (kind.isDirectory()) found.push(...(await this.inFolder(path, meant)));
      else if (kind.isFile() && !meant.includes(path)) {
        found.push(...this.inText(path, await readFile(path, "utf8")));
      }
    }
    return found;
  }
}

/** Every argument list that any process of this machine had while it was watched; empty where there is no /proc. */
export class ArgumentWatch {
  private readonly seen = new Set<string>();
  /** How often each process was looked at. */
  private readonly looks = new Map<string, number>();
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(everyMs = 20) {
    if (existsSync("/proc/self/cmdline")) this.timer = setInterval(() => this.look(), everyMs);
  }

  /** Ends watching and returns what was seen, arguments separated by spaces. */
  stop(): readonly string[] {
    clearInterval(this.timer);
    return [...this.seen];
  }

  /** A process gets its arguments when it begins; later it is looked at now and then only, because its number may have gone to another one. */
  private isNews(pid: string): boolean {
    const count = (this.looks.get(pid) ?? 0) + 1;
    this.looks.set(pid, count);
    return count <= 10 || count % 10 === 0;
  }

  private look(): void {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid) || !this.isNews(pid)) continue;
      try {
        this.seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
      } catch {
        // It ended in between.
      }
    }
  }
}

/** Registers every secret that exists at this moment: controlling tokens, all slots of all services, what was imported, and the fingerprints' key. */
export function collectSecrets(canaries: Canaries, { esc, variables, adminToken }: Sandbox): void {
  canaries.add("admin token", adminToken);
  for (const [name, value] of Object.entries(variables)) {
    if (/(TOKEN|PASSWORD)$/.test(name)) canaries.add(name, value);
    if (name.endsWith("PASSPHRASE_FILE")) canaries.add("passphrase", readFileSync(value, "utf8"));
  }
  const plain = new Set(services.flatMap(variablesOf).flatMap(({ name, secret }) => (secret ? [] : [name])));
  for (const name of ["development-intake", "development-secrets", "development"]) {
    if (esc.revisions("sophia", name).length === 0) continue;
    // What is under pulumiConfig is the same as under environmentVariables, by other names.
    const { rotation: _rotation, pulumiConfig: _config, ...values } = esc.openValues("sophia", name);
    for (const [path, value] of leaves(values)) {
      if (!plain.has(path.split(".").at(-1) ?? "")) canaries.add(`${name} ${path}`, value);
    }
  }
}

function leaves(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value === "string") return [[path.join("."), value]];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
