/** How does a value become what GitHub takes? A libsodium sealed box, which only GitHub can open. https://docs.github.com/en/rest/guides/encrypting-secrets-for-the-rest-api */
import type sodium from "libsodium-wrappers";

/** The key of a place, as GitHub gives it. */
export interface PublicKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

const KEY_BYTES = 32;

let loading: Promise<typeof sodium> | undefined;

/** Reads a key out of GitHub's answer. Throws where it is none: a value that is sealed for it could not be opened. */
export function parsePublicKey(answer: { readonly key_id?: unknown; readonly key?: unknown }): PublicKey {
  const { key_id: id, key } = answer;
  const bytes = typeof key === "string" ? Buffer.from(key, "base64") : Buffer.alloc(0);
  if (typeof id !== "string" || bytes.length !== KEY_BYTES)
    throw new Error(`GitHub's public key is not one (${bytes.length} bytes where ${KEY_BYTES} are needed)`);
  return { id, bytes };
}

/** Seals a text for the key, in Base64. Two boxes of one text differ. */
export async function seal(text: string, key: PublicKey): Promise<string> {
  loading ??= loadSodium();
  const library = await loading;
  return Buffer.from(library.crypto_box_seal(Buffer.from(text, "utf8"), key.bytes)).toString("base64");
}

/** Loaded when the first secret is to be sealed: its WebAssembly takes 30 ms. */
async function loadSodium(): Promise<typeof sodium> {
  const { default: library } = await import("libsodium-wrappers");
  await library.ready;
  return library;
}
