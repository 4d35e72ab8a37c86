/** Which tokens does `test` ask for? Those that the chosen services are probed with, and no others. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT, said } from "../../support/child";
import { runHere } from "../../support/command-line";

describe("test without a controlling token", function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let values: Record<string, string>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-test-source-"));
    server = createServer((request, response) => {
      const expected = `Basic ${Buffer.from("a-key:a-secret").toString("base64")}`;
      if (request.headers.authorization !== expected) return void response.writeHead(401).end("{}");
      response.setHeader("content-type", "application/json").end('{"users":[{"id":"1"}],"records":{}}');
    }).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const { port } = server.address() as AddressInfo;
    values = { GONG_API_KEY: "a-key", GONG_API_SECRET: "a-secret", GONG_BASE_URL: `http://127.0.0.1:${port}` };
  });
  after(async () => {
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true, force: true });
  });
  const test = (words: readonly string[], env: Record<string, string> = {}) =>
    runHere(["test", ...words], {
      environment: { PATH: process.env.PATH ?? "", HOME: folder, ...env },
      directory: CHECKOUT,
    });

  it("logs in with the values of the process", async () => {
    const result = await test(["gong", "--source", "process"], values);
    assert.equal(result.code, 0, said(result));
  });

  it("logs in with the values of a file", async () => {
    const file = join(folder, "gong.env");
    const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(file, lines.join(""), { mode: 0o600 });
    const result = await test(["gong", "--source", "env-file", "--env-file", file]);
    assert.equal(result.code, 0, said(result));
  });

  it("asks for the token of a platform that was chosen, and of ESC where the values come from there", async () => {
    const chosen = await test(["pulumi", "--source", "process"]);
    assert.equal(chosen.code, 2, said(chosen));
    assert.match(chosen.stdout, /Missing required environment variable\(s\): PULUMI_ACCESS_TOKEN/);
    const published = await test(["gong"], values);
    assert.equal(published.code, 2, said(published));
    assert.match(published.stderr, /not set in the environment:\n +PULUMI_ACCESS_TOKEN/);
  });
});
