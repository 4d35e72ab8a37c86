#!/usr/bin/env -S node --
// How does the command line start from a checkout whose TypeScript may have changed since it was last compiled?
// The `--` above: Node 20 takes an `--env-file` after the script's name for its own, and ends with 9 when the file is not there yet.
"use strict";
const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.dirname(__dirname);
const main = path.join(root, "dist", "automation", "cli", "main.js");

start().catch((error) => {
  process.stderr.write(`${error.exitCode === undefined ? error.stack : error.message}\n`);
  process.exitCode = error.exitCode ?? 255;
});

async function start() {
  if (!existsSync(path.join(root, "node_modules"))) {
    throw Object.assign(new Error("sophia-secrets: the dependencies are not installed: run `npm ci` first"), {
      exitCode: 2,
    });
  }
  // An installed package has dist/ only; a checkout has the sources and the build script.
  const build = path.join(root, "tools", "build.mjs");
  if (existsSync(path.join(root, "tsconfig.build.json")) && existsSync(build)) {
    // Even to load the build script takes longer than the look that it mostly ends with.
    const { isUntouched } = require(path.join(root, "tools", "freshness.js"));
    if (!isUntouched(root)) {
      const { pathToFileURL } = require("node:url");
      const { ensureBuilt } = await import(pathToFileURL(build).href);
      await ensureBuilt({ log: (line) => void process.stderr.write(`${line}\n`) });
    }
  }
  await require(main).runMain();
}
