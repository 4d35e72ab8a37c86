/** Do probes go where HTTPS_PROXY says, and trust whom NODE_EXTRA_CA_CERTS says? HTTP and Snowflake's driver alike, in programs of their own. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProxy, type SandboxProxy } from "../../../sandbox/proxy";
import { startServiceBench, type ServiceBench } from "../../support/service-bench";
import { runChild } from "../../support/sandbox";

const SNOWFLAKE_HOST = "snowflake.payready.invalid";

interface Found {
  readonly outcome: string;
  readonly reason: string;
  readonly remedy?: string;
}

/** Probes both services by names that only the proxy knows, over TLS. */
const PROGRAM = `
  const { runProbe } = require(${JSON.stringify(require.resolve("../../../automation/probes/run"))});
  const { systemHttp } = require(${JSON.stringify(require.resolve("../../../automation/http"))});
  const { findService } = require(${JSON.stringify(require.resolve("../../../services/select"))});
  const values = JSON.parse(process.env.PROBE_VALUES);
  const endpoints = { esc: "", github: "", vercel: "https://api.vercel.com", snowflake: "https://${SNOWFLAKE_HOST}" };
  const context = { endpoints, http: systemHttp(), now: Date.now, attempts: 1, deadlineMs: 60000 };
  // One after the other: the driver takes a while to load, which is no time that Vercel took.
  (async () => {
    const found = {};
    for (const name of ["vercel", "snowflake"]) found[name] = await runProbe(findService(name), values, context);
    process.stdout.write(JSON.stringify(found));
  })();`;

describe("probes behind a proxy that opens TLS", function () {
  this.timeout(120_000);
  let folder: string;
  let bench: ServiceBench;
  let proxy: SandboxProxy;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "probe-proxy-"));
    bench = await startServiceBench();
    const others = { [SNOWFLAKE_HOST]: bench.snowflake.url };
    proxy = await startProxy({ vercelUrl: bench.vercel.url, others, caFile: join(folder, "ca.pem") });
  });
  after(async () => {
    await proxy.close();
    await bench.close();
    await rm(folder, { recursive: true });
  });

  async function probe(env: Readonly<Record<string, string>>): Promise<Record<string, Found>> {
    const result = await runChild(
      process.execPath,
      ["-r", createRequire(__filename).resolve("tsx/cjs"), "-e", PROGRAM],
      { env: { PATH: process.env.PATH ?? "", HOME: folder, PROBE_VALUES: JSON.stringify(bench.values), ...env } },
    );
    assert.equal(
      result.stderr
        .replace(
          /^.*(AWS SDK|node:\d+|versions published|will require|To continue|bug fixes|More information|Use `node).*$/gm,
          "",
        )
        .trim(),
      "",
    );
    return JSON.parse(result.stdout) as Record<string, Found>;
  }

  it("pass with its certificate in NODE_EXTRA_CA_CERTS, and every connection went through it", async () => {
    const found = await probe({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: proxy.caFile });
    assert.deepEqual(
      ["vercel", "snowflake"].map((name) => found[name]?.outcome),
      ["passed", "passed"],
      JSON.stringify(found),
    );
    assert.deepEqual([...new Set(proxy.connected())].sort(), ["api.vercel.com:443", `${SNOWFLAKE_HOST}:443`]);
    assert.deepEqual(proxy.refused(), []);
  });

  it("say without it that the connection cannot be trusted, and which variable helps", async () => {
    const found = await probe({ HTTPS_PROXY: proxy.url });
    for (const name of ["vercel", "snowflake"]) {
      assert.match(found[name]?.reason ?? "", /could not be trusted/, name);
      assert.match(found[name]?.remedy ?? "", /set NODE_EXTRA_CA_CERTS/, name);
    }
  });
});
