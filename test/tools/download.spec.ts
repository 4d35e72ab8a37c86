// Is a download installed only when it is what its publisher released, and an unreachable site asked only once?
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type AddressInfo } from "node:net";
import path from "node:path";
import { type SetupFailure, importTool, withFolder } from "./support";

interface Release {
  repository: string;
  version: string;
  asset: string;
  checksums: string;
}
interface Site {
  fetchVerified: (release: Release, target: string, log: () => void) => Promise<{ reason: string } | undefined>;
}
interface DownloadModule {
  createDownloadSite(options: { site: string; connectMs?: number }): Site;
  findChecksum(list: string, asset: string): { algorithm: string; digest: string } | undefined;
  pluginRelease(plugin: { name: string; version: string; repository: string }): Release;
}

const release: Release = { repository: "pulumi/pulumi-x", version: "1.2.3", asset: "x.tar.gz", checksums: "sums.txt" };
const base = "/pulumi/pulumi-x/releases/download/v1.2.3";
const archive = "the archive";

describe("official downloads", () => {
  let download: DownloadModule;
  before(async () => {
    download = await importTool<DownloadModule>("toolchain/download.mjs");
  });

  for (const algorithm of ["sha1", "sha256", "sha512"]) {
    it(`keeps an archive whose ${algorithm} is the published one`, async () => {
      const digest = createHash(algorithm).update(archive).digest("hex");
      await withSite({ "sums.txt": `${digest}  ./x.tar.gz\n`, "x.tar.gz": archive }, async ({ site, target }) => {
        assert.equal(await download.createDownloadSite({ site }).fetchVerified(release, target, noLog), undefined);
        assert.equal(readFileSync(target, "utf8"), archive);
      });
    });
  }

  it("refuses an archive that is something else, and keeps nothing of it", async () => {
    const digest = createHash("sha256").update("another").digest("hex");
    await withSite({ "sums.txt": `${digest}  x.tar.gz\n`, "x.tar.gz": archive }, async ({ site, target }) => {
      await assert.rejects(
        download.createDownloadSite({ site }).fetchVerified(release, target, noLog),
        (error: SetupFailure) =>
          error.exitCode === 2 && /is not what its publisher's checksum says/.test(error.message),
      );
      assert.equal(existsSync(target), false);
    });
  });

  it("does not ask for an archive without a published checksum", async () => {
    for (const lists of [{}, { "sums.txt": `${"0".repeat(64)}  y.tar.gz\n` }]) {
      await withSite({ ...lists, "x.tar.gz": archive }, async ({ site, target, asked }) => {
        const refused = await download.createDownloadSite({ site }).fetchVerified(release, target, noLog);
        assert.deepEqual(refused, { reason: "no published checksum for x.tar.gz, not downloaded" });
        assert.deepEqual(asked, [`${base}/sums.txt`]);
      });
    }
  });

  it("asks a site that does not answer only once", async () => {
    await withSite("silent", async ({ site, target, asked }) => {
      const downloads = download.createDownloadSite({ site, connectMs: 100 });
      const first = await downloads.fetchVerified(release, target, noLog);
      const second = await downloads.fetchVerified(release, target, noLog);
      assert.deepEqual([first, second], Array(2).fill({ reason: "the download site cannot be reached" }));
      assert.equal(asked.length, 1);
    });
  });

  it("reports a download that breaks off, and leaves no half of it", async () => {
    const digest = createHash("sha256").update(archive).digest("hex");
    await withSite({ "sums.txt": `${digest}  x.tar.gz\n`, "x.tar.gz": "cut" }, async ({ site, target }) => {
      const refused = await download.createDownloadSite({ site }).fetchVerified(release, target, noLog);
      assert.match(refused?.reason ?? "", /^download broken off/);
      assert.equal(existsSync(target), false);
    });
  });

  it("finds an asset's checksum among others of similar names", () => {
    const list = `${"a".repeat(64)}  x.tar.gz.sig\n${"b".repeat(64)} *x.tar.gz\r\nnot a line\n`;
    assert.deepEqual(download.findChecksum(list, "x.tar.gz"), { algorithm: "sha256", digest: "b".repeat(64) });
    assert.equal(download.findChecksum(`${"c".repeat(10)}  x.tar.gz`, "x.tar.gz"), undefined);
  });

  it("asks for a plugin by the names of its release", () => {
    const { asset, checksums } = download.pluginRelease({ name: "github", version: "6.15.0", repository: "r/r" });
    assert.match(asset, /^pulumi-resource-github-v6\.15\.0-(linux|darwin|windows)-(amd64|arm64)\.tar\.gz$/);
    assert.equal(checksums, "pulumi-github_6.15.0_checksums.txt");
  });
});

const noLog = () => undefined;

/** A release site on loopback; "silent" takes requests and never answers, the content "cut" ends before its length. */
async function withSite(
  files: Record<string, string> | "silent",
  work: (context: { site: string; target: string; asked: string[] }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (files !== "silent") answer(files, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await withFolder((folder) => work({ site: `http://127.0.0.1:${port}`, target: path.join(folder, "file"), asked }));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function answer(files: Record<string, string>, request: IncomingMessage, response: ServerResponse): void {
  const name = Object.keys(files).find((file) => request.url === `${base}/${file}`);
  const content = name === undefined ? undefined : files[name];
  if (content === undefined) return void response.writeHead(404).end();
  if (content !== "cut") return void response.end(content);
  response.writeHead(200, { "content-length": "100" }).write("cut");
  setTimeout(() => response.destroy(), 20);
}
