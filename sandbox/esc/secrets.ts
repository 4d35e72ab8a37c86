/** How are secrets kept? Every `fn::secret` with a literal is rewritten to ciphertext when a text is stored, and back when its owner asks for it decrypted. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { emitYaml } from "./yaml/emit";
import { parseYaml } from "./yaml/parse";
import { noComments, plainString, type Diagnostic, type MapEntry, type MapNode, type SyntaxNode } from "./yaml/syntax";

/** Turns plaintext into bytes and back; `decrypt` is undefined for bytes that are not its own. */
export interface Cipher {
  encrypt(plaintext: string): Buffer;
  decrypt(ciphertext: Buffer): string | undefined;
}

/** A text rewritten in canonical form, or why it could not be read. */
export type Rewritten = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/** AES-256-GCM under a key that only lives in this process; ciphertext of one `owner` is of no use to another. */
export function createCipher(key: Buffer, owner: string): Cipher {
  const additionalData = Buffer.from(owner);
  return {
    encrypt(plaintext) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(additionalData);
      const body = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    decrypt(ciphertext) {
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, ciphertext.subarray(0, 12), { authTagLength: 16 });
        decipher.setAAD(additionalData).setAuthTag(ciphertext.subarray(12, 28));
        return Buffer.concat([decipher.update(ciphertext.subarray(28)), decipher.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
  };
}

/** The form in which the text is stored. */
export function encryptText(environment: string, text: string, cipher: Cipher): Rewritten {
  return rewrite(environment, text, (entry) => {
    const { value } = entry;
    if (value.kind !== "scalar" || value.type !== "string") return entry;
    const ciphertext = plainString(wrap(cipher.encrypt(value.text)), value.range);
    const key = plainString("ciphertext", value.range);
    // What stood behind the plaintext goes to the ciphertext.
    const inner = { key, value: ciphertext, comments: { ...noComments(), line: entry.comments.line } };
    return {
      ...entry,
      value: { kind: "map", flow: false, entries: [inner], range: value.range },
      comments: { ...entry.comments, line: "" },
    };
  });
}

/** The form in which the text was written, with the author's secrets in it; ciphertext that cannot be opened stays. */
export function decryptText(environment: string, text: string, cipher: Cipher): Rewritten {
  return rewrite(environment, text, (entry, path) => {
    const ciphertext = ciphertextOf(entry.value);
    const plaintext = ciphertext && path[0] === "values" ? openCiphertext(ciphertext.text, cipher) : undefined;
    if (plaintext === undefined || !ciphertext) return entry;
    const { line } = ciphertext.comments;
    return {
      ...entry,
      value: plainString(plaintext, entry.value.range),
      comments: line === "" ? entry.comments : { ...entry.comments, line },
    };
  });
}

/** Opens the text behind `ciphertext:`; undefined when it is damaged or of another environment. */
export function openCiphertext(text: string, cipher: Cipher): string | undefined {
  const envelope = unwrap(text);
  return envelope && cipher.decrypt(envelope);
}

function ciphertextOf(node: SyntaxNode): { text: string; comments: MapEntry["comments"] } | undefined {
  const [entry] = node.kind === "map" && node.entries.length === 1 ? node.entries : [];
  if (entry?.key.text !== "ciphertext" || entry.value.kind !== "scalar" || entry.value.type !== "string")
    return undefined;
  return { text: entry.value.text, comments: entry.comments };
}

type Visit = (entry: MapEntry, path: readonly string[]) => MapEntry;

function rewrite(environment: string, text: string, visit: Visit): Rewritten {
  const { root, diagnostics } = parseYaml(environment, text);
  if (!root || diagnostics.length > 0) return { diagnostics };
  return { text: emitYaml(walk(root, [], visit)) };
}

function walk(node: SyntaxNode, path: readonly string[], visit: Visit): SyntaxNode {
  if (node.kind === "scalar") return node;
  if (node.kind === "list") {
    return { ...node, items: node.items.map((item) => ({ ...item, value: walk(item.value, path, visit) })) };
  }
  if (isSecretCall(node)) return { ...node, entries: node.entries.map((entry) => visit(entry, path)) };
  const entries = node.entries.map((entry) => ({
    ...entry,
    value: walk(entry.value, [...path, entry.key.text], visit),
  }));
  return { ...node, entries };
}

function isSecretCall(node: MapNode): boolean {
  return node.entries.length === 1 && node.entries[0]?.key.text === "fn::secret";
}

/** ESC's envelope: `escx`, version 1, the ciphertext, a CRC-32 of it all, in Base64. */
function wrap(ciphertext: Buffer): string {
  const body = Buffer.concat([Buffer.from("escx\0\0\0\u0001", "latin1"), ciphertext]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([body, checksum]).toString("base64");
}

function unwrap(text: string): Buffer | undefined {
  const envelope = Buffer.from(text, "base64");
  if (envelope.length < 16 || envelope.subarray(0, 8).toString("latin1") !== "escx\0\0\0\u0001") return undefined;
  const body = envelope.subarray(0, -4);
  return crc32(body) === envelope.readUInt32BE(envelope.length - 4) ? body.subarray(8) : undefined;
}
