/** What does one place for secrets hold (a repository, an environment, an organization)? A key pair, and values that arrived sealed. */
import sodium from "libsodium-wrappers";
import { type Audience } from "./audience";
import { MAX_VALUE_BYTES, storedName } from "./names";
import { failure, notFound } from "./replies";

/** A secret as it lies in a scope, opened. */
export interface StoredSecret {
  readonly name: string;
  readonly value: Buffer;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly audience?: Audience;
}

interface KeyPair {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/**
 * Secrets under one libsodium key pair, as GitHub keeps them (https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api).
 * `sodium.ready` must have been awaited before.
 */
export class SecretScope {
  private key = newKeyPair();
  private readonly secrets = new Map<string, StoredSecret>();

  /** @param limit how many secrets fit; the next one is refused with 422. */
  constructor(
    private readonly limit: number,
    private readonly now: () => Date,
  ) {}

  /** The key to seal for, as `GET …/public-key` answers it. */
  publicKey(): { key_id: string; key: string } {
    return { key_id: this.key.id, key: Buffer.from(this.key.publicKey).toString("base64") };
  }

  /** A new key pair; boxes that were sealed for the old one are refused from now on. Values that were stored stay. */
  rotateKey(): void {
    this.key = newKeyPair();
  }

  list(): readonly StoredSecret[] {
    return [...this.secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): StoredSecret | undefined {
    return this.secrets.get(name.toUpperCase());
  }

  /** Throws 404. */
  require(name: string): StoredSecret {
    const found = this.find(name);
    if (!found) throw notFound();
    return found;
  }

  /** Opens the box and keeps what was in it. Throws 422 when name, key id, box or size is wrong; nothing changes then. */
  putSealed(name: string, keyId: unknown, encryptedValue: unknown, audience?: Audience): "created" | "updated" {
    const stored = storedName("Secret", name);
    return this.put(stored, this.open(keyId, encryptedValue), audience);
  }

  /** As a person would set it in the web page. `updated_at` moves on by at least a second, so that drift can be seen. */
  editOutside(name: string, value: string): void {
    const before = this.find(name);
    this.put(storedName("Secret", name), Buffer.from(value, "utf8"), before?.audience, 1000);
  }

  setAudience(name: string, audience: Audience): void {
    const before = this.require(name);
    this.secrets.set(before.name, { ...before, audience, updatedAt: this.now() });
  }

  /** Throws 404. */
  remove(name: string): void {
    if (!this.secrets.delete(name.toUpperCase())) throw notFound();
  }

  private put(name: string, value: Buffer, audience: Audience | undefined, leastStep = 0): "created" | "updated" {
    const before = this.secrets.get(name);
    if (!before && this.secrets.size >= this.limit) {
      throw failure(422, `Cannot create more than ${this.limit} secrets here.`);
    }
    const now = this.now();
    const updatedAt = new Date(Math.max(now.getTime(), (before?.updatedAt.getTime() ?? 0) + leastStep));
    this.secrets.set(name, {
      name,
      value,
      createdAt: before?.createdAt ?? now,
      updatedAt,
      ...(audience ? { audience } : {}),
    });
    return before ? "updated" : "created";
  }

  private open(keyId: unknown, encryptedValue: unknown): Buffer {
    if (keyId !== this.key.id) throw failure(422, "Bad request - key_id does not match the present public key.");
    if (typeof encryptedValue !== "string" || !isBase64(encryptedValue)) {
      throw failure(422, "Invalid request.\n\nencrypted_value must be a Base64 string.");
    }
    let value: Buffer;
    try {
      const box = Buffer.from(encryptedValue, "base64");
      value = Buffer.from(sodium.crypto_box_seal_open(box, this.key.publicKey, this.key.privateKey));
    } catch {
      throw failure(422, "Bad request - improperly encrypted secret.");
    }
    if (value.length > MAX_VALUE_BYTES) throw failure(422, "Secret value is too large: at most 48 KB.");
    return value;
  }
}

function newKeyPair(): KeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  const digits = Buffer.from(sodium.randombytes_buf(8)).readBigUInt64BE().toString();
  return { id: digits.padStart(18, "3").slice(0, 18), publicKey, privateKey };
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}
