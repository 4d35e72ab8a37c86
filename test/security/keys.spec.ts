/** Are keys strong, and can a fingerprint be turned back into the value that it stands for? */
import assert from "node:assert/strict";
import { createHash, createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { rsaKeyPairProvider } from "../../components/credentials/rsa-key-pair";
import { fingerprints } from "../../components/fingerprints";
import { type ConsumerVariable } from "../../components/consumer-variables";

describe("P16: keys and fingerprints", function () {
  this.timeout(30_000);

  it("a key pair is RSA of 2048 bits in PKCS #8, and never the same twice", async () => {
    const [one, two] = await Promise.all([1, 1].map((generation) => rsaKeyPairProvider.create({ generation })));
    const key = createPrivateKey(one?.outs.privateKey ?? "");
    assert.deepEqual([key.asymmetricKeyType, key.asymmetricKeyDetails?.modulusLength], ["rsa", 2048]);
    assert.match(one?.outs.privateKey ?? "", /^-----BEGIN PRIVATE KEY-----\n/);
    assert.notEqual(one?.outs.privateKey, two?.outs.privateKey);
  });

  it("a weak secret cannot be guessed from its fingerprint: without the key no digest of it is the same", async () => {
    const text = "hunter2";
    const of = async (key: string) => {
      const variables = [{ name: "A", value: pulumi.secret(text) }] as unknown as ConsumerVariable[];
      const output = fingerprints(variables, pulumi.secret(key)).A ?? assert.fail("none");
      return new Promise<string>((resolve) => void output.apply(resolve));
    };
    const [one, other, again] = await Promise.all([of("key-1"), of("key-2"), of("key-1")]);
    assert.match(one, /^[0-9a-f]{12}$/);
    assert.deepEqual([one === again, one === other], [true, false]);
    for (const algorithm of ["md5", "sha1", "sha256", "sha512"])
      assert.ok(!createHash(algorithm).update(text).digest("hex").startsWith(one), algorithm);
  });
});
