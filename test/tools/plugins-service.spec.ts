/** What do all stand-in plugins have in common: how they say what they are, refuse what they cannot, and find their way out? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { status } from "@grpc/grpc-js";
import { type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { proxyFor } from "../../tools/plugins/http";
import { bundlePlugin, startPlugin, temporaryFolder, unary } from "./plugin-harness";

const OFFICIAL = {
  vercel: { version: "5.4.1", package: "@pulumiverse/vercel/package.json" },
  pulumiservice: { version: "1.3.0", package: "@pulumi/pulumiservice/package.json" },
} as const;

describe("A stand-in plugin", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async () => (folder = await temporaryFolder()));
  after(() => folder.remove());

  for (const [name, official] of Object.entries(OFFICIAL)) {
    it(`${name} has the version of the SDK, and says in --version and the schema that it is a stand-in`, async () => {
      const { version } = JSON.parse(await readFile(require.resolve(official.package), "utf8")) as { version: string };
      assert.equal(official.version, version);
      const file = await bundlePlugin(name, folder.path);
      const { stdout } = await promisify(execFile)(file, ["--version"]);
      assert.equal(stdout, `pulumi-resource-${name} ${version} (sophia-secrets stand-in; not the official plugin)\n`);
      const plugin = await startPlugin(file);
      const info = await unary<PluginInfo>((reply) => plugin.client.getPluginInfo(new Empty(), reply));
      assert.equal(info.getVersion(), version);
      const schema = await unary<rpc.GetSchemaResponse>((reply) =>
        plugin.client.getSchema(new rpc.GetSchemaRequest(), reply),
      );
      const parsed = JSON.parse(schema.getSchema()) as { name: string; version: string; description: string };
      assert.deepEqual([parsed.name, parsed.version], [name, version]);
      assert.match(parsed.description, /^sophia-secrets stand-in/);
      assert.equal(await plugin.close(), 0);
    });
  }

  it("answers UNIMPLEMENTED to calls that it does not have, and names a resource that it does not carry", async () => {
    const plugin = await startPlugin(await bundlePlugin("vercel", folder.path));
    const call = unary((reply) => plugin.client.invoke(new rpc.InvokeRequest(), reply));
    await assert.rejects(call, (error: Error) => (error.cause as { code: status }).code === status.UNIMPLEMENTED);
    await assert.rejects(plugin.check("vercel:index/alias:Alias", {}), {
      message: "vercel:index/alias:Alias is not carried by the vercel stand-in plugin",
    });
    await assert.rejects(plugin.delete("vercel:index/project:Project", "prj_1", {}), {
      message: "the vercel provider was used before it was configured",
    });
    await plugin.close();
  });

  it("goes through the proxy as Go programs do", () => {
    const proxyOf = (address: string, environment: Record<string, string>) =>
      proxyFor(new URL(address), environment)?.origin;
    const api = "https://api.vercel.com/v2";
    assert.equal(proxyOf(api, {}), undefined);
    assert.equal(proxyOf(api, { HTTPS_PROXY: "http://proxy:3128" }), "http://proxy:3128");
    assert.equal(proxyOf(api, { https_proxy: "proxy:3128" }), "http://proxy:3128");
    assert.equal(proxyOf(api, { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2" }), "http://a:1");
    assert.equal(proxyOf(api, { HTTPS_PROXY: "http://a:1", NO_PROXY: "other.com, vercel.com" }), undefined);
    assert.equal(proxyOf(api, { HTTPS_PROXY: "http://a:1", NO_PROXY: "ercel.com" }), "http://a:1");
    assert.equal(proxyOf(api, { HTTPS_PROXY: "http://a:1", NO_PROXY: "*" }), undefined);
    for (const host of ["localhost", "127.0.0.1:8443", "[::1]:8443"])
      assert.equal(proxyOf(`https://${host}/`, { HTTPS_PROXY: "http://a:1" }), undefined);
  });
});
