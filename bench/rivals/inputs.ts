/** Which secrets are synced? The same at every run, in the three forms in which contenders read them. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What is to be in every repository, and where each contender finds it. */
export interface SyncInput {
  readonly values: Readonly<Record<string, string>>;
  readonly repositories: readonly string[];
  /** Folder with `secrets.env`, `secrets.json` and `repositories.json`. */
  readonly folder: string;
}

/** Names of repositories, as many as wanted. */
export const repositoryNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `sophia-${String(index + 1).padStart(2, "0")}`);

/** Tokens of 43 characters and, at every tenth place, a key of several lines; those below `changed` of a later edition. */
export function makeSecrets(count: number, changed = 0): Record<string, string> {
  const token = (text: string) => createHash("sha256").update(text).digest("base64url");
  const entries = Array.from({ length: count }, (_, index) => {
    const seed = `${index}, edition ${index < changed ? 2 : 1}`;
    const isKey = index % 10 === 9;
    return [`SOPHIA_KEY_${index}`, isKey ? `-----BEGIN KEY-----\n${token(seed)}\n-----END KEY-----` : token(seed)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Writes the forms. */
export async function writeInput(
  folder: string,
  values: Readonly<Record<string, string>>,
  repositories: readonly string[],
): Promise<SyncInput> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const dotenv = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`);
  const files = {
    "secrets.env": dotenv.join(""),
    "secrets.json": JSON.stringify(values),
    "repositories.json": JSON.stringify(repositories),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  return { values, repositories, folder };
}
