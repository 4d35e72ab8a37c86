/** Must `pulumi stack export` be started for each look at a state? It takes half a second of work to say what a file of this machine says to whoever has the passphrase. */
import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Marks an object of the state that stands for a secret. https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go */
const SIGNATURE = { name: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

/** By passphrase and salt: each takes a million rounds. */
const keys = new Map<string, Buffer>();

interface StateFile {
  readonly version: number;
  readonly checkpoint: {
    readonly latest?: { readonly secrets_providers?: { readonly type?: string; readonly state?: { salt?: string } } };
  };
}

/** What the CLI would export, secrets in clear. Undefined where it is for the CLI to say what is wrong, or for another kind of secrets. */
export async function readExported(
  path: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly version: number; readonly deployment: object } | undefined> {
  try {
    const { version, checkpoint } = JSON.parse(await readFile(path, "utf8")) as StateFile;
    const provider = checkpoint.latest?.secrets_providers;
    const passphrase = await passphraseOf(variables);
    if (!checkpoint.latest || provider?.type !== "passphrase" || passphrase === undefined) return undefined;
    const key = keyOf(passphrase, provider.state?.salt ?? "");
    return { version, deployment: inClear(checkpoint.latest, key) as object };
  } catch {
    return undefined;
  }
}

/** What the program of an exported state has exported, in clear, with whether all of it is a secret; nothing before the first run. */
export function outputsOf(deployment: unknown): Record<string, { readonly value: unknown; readonly secret: boolean }> {
  const { resources = [] } = deployment as {
    readonly resources?: readonly { readonly type: string; readonly outputs?: Record<string, unknown> }[];
  };
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, { value: withoutMarks(value), secret: isSecret(value) }]),
  );
}

function isSecret(value: unknown): value is { readonly plaintext: string } {
  return typeof value === "object" && value !== null && Reflect.get(value, SIGNATURE.name) === SIGNATURE.secret;
}

function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return JSON.parse(value.plaintext) as unknown;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutMarks(item)]));
}

async function passphraseOf(variables: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = variables;
  return passphrase ?? (file === undefined ? undefined : (await readFile(file, "utf8")).trim());
}

/** The salt is `v1:<base64>:<something encrypted>`. https://github.com/pulumi/pulumi/blob/master/pkg/secrets/passphrase/manager.go */
function keyOf(passphrase: string, salt: string): Buffer {
  const name = JSON.stringify([passphrase, salt]);
  const known = keys.get(name);
  if (known) return known;
  const key = pbkdf2Sync(passphrase, Buffer.from(salt.split(":")[1] ?? "", "base64"), 1_000_000, 32, "sha256");
  // Throws where it is another passphrase.
  decrypt(salt.split(":").slice(2).join(":"), key);
  keys.set(name, key);
  return key;
}

function inClear(value: unknown, key: Buffer): unknown {
  if (Array.isArray(value)) return value.map((item) => inClear(item, key));
  if (typeof value !== "object" || value === null) return value;
  const { [SIGNATURE.name]: signature, ciphertext } = value as Record<string, unknown>;
  if (signature === SIGNATURE.secret && typeof ciphertext === "string")
    return { [SIGNATURE.name]: signature, plaintext: decrypt(ciphertext, key) };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inClear(item, key)]));
}

/** `v1:<nonce>:<AES-256-GCM>`, the tag behind. */
function decrypt(text: string, key: Buffer): string {
  const [, nonce = "", sealed = ""] = text.split(":");
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}
