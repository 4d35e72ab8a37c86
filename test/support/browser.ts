/** Where does a browser come from that looks at our pages? The Chromium inside an npm package, pinned by package-lock.json like everything else. */
import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";
import { importTool } from "../tools/support";

/** No look-ups and no updates of its own. As root, as on most CI machines, Chromium has no sandbox. */
const ARGUMENTS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-zygote"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/**
 * Starts a browser: `SOPHIA_SECRETS_BROWSER` where somebody names one, on Linux (x64) the one of the package, elsewhere the Chrome that is installed.
 * Throws with what to do where there is none: a page that nobody has looked at is not a page that has passed.
 */
export async function startBrowser(environment: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  try {
    return await chromium.launch({ args: ARGUMENTS, ...(await findBrowser(environment)) });
  } catch (error) {
    throw new Error(
      "No browser could be started, so the pages were not looked at. Name a Chromium or Chrome: SOPHIA_SECRETS_BROWSER=/path/to/it",
      { cause: error },
    );
  }
}

async function findBrowser(environment: NodeJS.ProcessEnv): Promise<LaunchOptions> {
  const { SOPHIA_SECRETS_BROWSER: executablePath } = environment;
  if (executablePath) return { executablePath };
  if (process.platform !== "linux" || process.arch !== "x64") return { channel: "chrome" };
  const folder = await unpack();
  // Libraries and fonts come with it, for machines that have none of a desktop.
  const env = { ...environment, LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_FILE: join(folder, "fonts.conf") };
  return { executablePath: join(folder, "chromium"), env };
}

const PACKAGE = join(dirname(require.resolve("@sparticuz/chromium")), "..", "..");

/** Unpacks the package once for all clones, beside the toolchain: 190 MB in 4 s. Not by its own code, which takes a place in /tmp that anybody can. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  const { cacheRoot } = await importTool<{ cacheRoot: (env: NodeJS.ProcessEnv) => string }>("toolchain/cache.mjs");
  const folder = join(cacheRoot(process.env), "browser", `${version}-${process.platform}-${process.arch}`);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  try {
    const browser = join(fresh, "chromium");
    await unpackFile("chromium", browser);
    await chmod(browser, 0o755);
    for (const archive of ["al2023.tar", "fonts.tar", "swiftshader.tar"]) await unpackArchive(archive, fresh);
    await writeFile(
      join(fresh, "fonts.conf"),
      FONTS.replace("FOLDER", () => join(folder, "fonts")),
    );
    // Two runs at once: the second one finds the place taken, by the same.
    await rename(fresh, folder).catch(() => undefined);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

async function unpackFile(name: string, to: string): Promise<void> {
  await pipeline(createReadStream(join(PACKAGE, "bin", `${name}.br`)), createBrotliDecompress(), createWriteStream(to));
}

async function unpackArchive(name: string, folder: string): Promise<void> {
  const archive = join(folder, name);
  await unpackFile(name, archive);
  await promisify(execFile)("tar", ["-x", "-f", archive, "-C", folder, "--no-same-owner"]);
  await rm(archive);
}

/** The package's one family for all text, so that a page takes the same room on every machine; others only for what it lacks. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>FOLDER</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;
