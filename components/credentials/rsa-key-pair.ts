/**
 * Where does a key pair come from? A dynamic resource that makes an RSA key of 2048 bits on this machine; only its public half goes anywhere else.
 *
 * Its methods use nothing but globals and each other: Pulumi writes a provider's code, and what it captures, into the state in clear text.
 */
import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link RsaKeyPair}. */
export interface RsaKeyPairArgs {
  /** A new number makes a new pair. */
  readonly generation: pulumi.Input<number>;
}

/** A key pair. It is nothing outside the state, so deleting it means forgetting it. */
export class RsaKeyPair extends pulumi.dynamic.Resource {
  /** PKCS #8 in PEM form, not encrypted; a secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** Base64 of the DER form (SPKI) in one line, as Snowflake takes it; not secret. */
  declare readonly publicKey: pulumi.Output<string>;

  constructor(name: string, args: RsaKeyPairArgs, opts?: pulumi.CustomResourceOptions) {
    const secretOutputs = { additionalSecretOutputs: ["privateKey"] };
    const props = { ...args, privateKey: undefined, publicKey: undefined };
    super(rsaKeyPairProvider, name, props, pulumi.mergeOptions(opts, secretOutputs), "credentials", "RsaKeyPair");
  }
}

/** {@link RsaKeyPairArgs} when the values are known. */
export interface RsaKeyPairInputs {
  readonly generation: number;
}

/** What the state holds of a pair. */
export interface RsaKeyPairState extends RsaKeyPairInputs {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** The methods that the engine calls. Exported for its specs. */
export const rsaKeyPairProvider = {
  /** Makes a pair. Its id is the fingerprint as Snowflake shows it. */
  async create(inputs: RsaKeyPairInputs) {
    const { subtle } = globalThis.crypto;
    const kind = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    const pair = await subtle.generateKey({ ...kind, ...size }, true, ["sign", "verify"]);
    const spki = await subtle.exportKey("spki", pair.publicKey);
    const fingerprint = `SHA256:${toBase64(await subtle.digest("SHA-256", spki))}`;
    const privateKey = toPem(await subtle.exportKey("pkcs8", pair.privateKey));
    return { id: fingerprint, outs: { ...inputs, privateKey, publicKey: toBase64(spki) } };
  },

  /** Only another generation is worth a new pair; that the provider's code was compiled in another way is not. */
  async diff(_id: string, olds: RsaKeyPairState, news: RsaKeyPairInputs) {
    const changes = olds.generation !== news.generation;
    return { changes, replaces: changes ? ["generation"] : [], deleteBeforeReplace: false };
  },
} satisfies pulumi.dynamic.ResourceProvider<RsaKeyPairInputs, RsaKeyPairState>;

function toBase64(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("base64");
}

/** Lines of 64 characters, as RFC 7468 has them. */
function toPem(pkcs8: ArrayBuffer): string {
  const lines = toBase64(pkcs8).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}
