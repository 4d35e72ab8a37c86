/** What of the state's address may be seen, and what does doctor say of it? */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkState } from "../../automation/doctor/state";
import { Redactor } from "../../automation/redact";
import {
  describeState,
  hasPassword,
  isShared,
  stateAddress,
  stateSecrets,
  withPasswordApart,
} from "../../automation/state-backend";

const shown = (address: string, text: string) => {
  const redactor = new Redactor();
  redactor.addAll(stateSecrets({ PULUMI_BACKEND_URL: address }));
  return redactor.redact(text);
};

describe("the address of the state", () => {
  const addresses = [
    "postgres://pulumi:canary%2Fpass@db:5432/state?sslmode=require",
    "postgres://pulumi:pw@db/state",
    "postgres://pulumi@db/state?password=canary-query",
    // An error of the CLI's quotes what it cannot parse.
    "postgres://pulumi:can@ry/pass@db:port/state",
  ];

  it("is shown without its password, as it stands there and as the server gets it", () => {
    for (const address of addresses) {
      assert.doesNotMatch(shown(address, `error: could not open state database "${address}"`), /canary|:pw@|ry\/pass/);
      assert.equal(hasPassword(address), true, address);
      assert.doesNotMatch(describeState(address), /canary|pw|ry\/pass/);
    }
    assert.equal(shown(addresses[0] ?? "", "canary/pass canary%2Fpass"), "[secret] [secret]");
  });

  it("is said with place and user", () => {
    assert.equal(describeState(addresses[0] ?? ""), "postgres://db:5432/state, user pulumi");
    assert.equal(describeState("s3://bucket?endpoint=minio:9000&region=eu"), "s3://bucket");
    assert.equal(describeState("file:///srv/state"), "file:///srv/state");
    for (const address of ["s3://bucket", "https://api.pulumi.com", "file:///srv/state", "postgres://u@db/state"])
      assert.equal(hasPassword(address), false, address);
  });

  it("goes to the CLI without its password, which goes beside it", () => {
    const apart = (address: string) => {
      const { PULUMI_BACKEND_URL, PGPASSWORD } = withPasswordApart({ PULUMI_BACKEND_URL: address });
      return [PULUMI_BACKEND_URL, PGPASSWORD];
    };
    assert.deepEqual(apart(addresses[0] ?? ""), ["postgres://pulumi@db:5432/state?sslmode=require", "canary/pass"]);
    assert.deepEqual(apart(addresses[2] ?? ""), ["postgres://pulumi@db/state", "canary-query"]);
    for (const address of ["postgres://pulumi@db/state", "s3://bucket", "file:///srv/state"])
      assert.deepEqual(apart(address), [address, undefined]);
  });

  it("hides what opens a bucket and the state's secrets, too", () => {
    const secrets = stateSecrets({ AWS_SECRET_ACCESS_KEY: "canary-aws", PULUMI_CONFIG_PASSPHRASE: "canary-phrase" });
    assert.deepEqual(
      secrets.filter((value) => value !== undefined),
      ["canary-aws", "canary-phrase"],
    );
  });

  it("is that of the environment, else that of the last log-in", () => {
    const home = mkdtempSync(join(tmpdir(), "sophia-state-"));
    try {
      assert.equal(stateAddress({ PULUMI_HOME: home }), undefined);
      writeFileSync(join(home, "credentials.json"), JSON.stringify({ current: "s3://bucket" }));
      assert.equal(stateAddress({ PULUMI_HOME: home }), "s3://bucket");
      assert.equal(stateAddress({ PULUMI_HOME: home, PULUMI_BACKEND_URL: "file:///a" }), "file:///a");
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("has locks that outlive their process where it is a bucket or a database", () => {
    for (const address of ["postgres://db/state", "s3://bucket", "gs://bucket", "azblob://bucket"])
      assert.equal(isShared(address), true, address);
    for (const address of ["file:///a", "https://api.pulumi.com", undefined]) assert.equal(isShared(address), false);
  });
});

describe("doctor on the state", () => {
  const passphrase = { PULUMI_CONFIG_PASSPHRASE: "canary-phrase" };

  it("connects to the database and names it without its password", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const address = `postgres://pulumi:canary-password@127.0.0.1:${port}/state?sslmode=disable`;
    const environment = { PULUMI_BACKEND_URL: address, ...passphrase };
    const detail = `postgres://127.0.0.1:${port}/state, user pulumi`;
    assert.deepEqual(await checkState(environment), { name: "state", status: "ok", detail });
    await new Promise((done) => server.close(done));
    assert.deepEqual(await checkState(environment), {
      ...{ name: "state", status: "fail", detail: `no connection to ${detail} (ECONNREFUSED)` },
      fix: "Check PULUMI_BACKEND_URL.",
    });
  });

  it("tells what is missing: a backend, an address that is one, a passphrase", async () => {
    const found = async (environment: NodeJS.ProcessEnv) => {
      const { status, detail } = await checkState({ PULUMI_HOME: "/nowhere", ...environment });
      return [status, detail];
    };
    assert.deepEqual(await found({}), ["warn", "no backend is chosen"]);
    assert.deepEqual(await found({ PULUMI_BACKEND_URL: "s3://bucket" }), ["warn", "s3://bucket, without a passphrase"]);
    assert.deepEqual(await found({ PULUMI_BACKEND_URL: "postgres://u:canary@db:x/s", ...passphrase }), [
      "fail",
      "PULUMI_BACKEND_URL is no address",
    ]);
    assert.deepEqual(await found({ PULUMI_BACKEND_URL: "file:///srv/state", ...passphrase }), [
      "ok",
      "file:///srv/state",
    ]);
  });
});
