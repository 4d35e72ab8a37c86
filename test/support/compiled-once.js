// The language host of plain Pulumi compiles every file of the program anew at each start, five seconds of work. Loaded before it (by NODE_OPTIONS), this
// keeps what the compiler made of a text. https://github.com/TypeStrong/ts-node#programmatic
"use strict";
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const KEPT = path.resolve(__dirname, "..", "..", "node_modules", ".cache", "compiled-once");
const load = Module._load;

Module._load = function (request, ...others) {
  const loaded = load.call(this, request, ...others);
  if (request === "ts-node" && !loaded.compilesOnce) keepOf(loaded);
  return loaded;
};

function keepOf(tsNode) {
  const { register } = tsNode;
  tsNode.compilesOnce = true;
  tsNode.register = (...given) => {
    const service = register(...given);
    const { compile, config, ts } = service;
    const base = JSON.stringify([ts.version, config.options, service.options.transpileOnly]);
    service.compile = (text, file, ...rest) => {
      const key = createHash("sha256").update(JSON.stringify([base, path.basename(file), text]));
      return kept(`${key.digest("hex")}.js`, () => compile(text, file, ...rest));
    };
    return service;
  };
}

function kept(name, make) {
  const place = path.join(KEPT, name);
  try {
    return readFileSync(place, "utf8");
  } catch {
    const made = make();
    const partial = `${place}.${process.pid}.tmp`;
    mkdirSync(KEPT, { recursive: true });
    writeFileSync(partial, made);
    renameSync(partial, place);
    return made;
  }
}
