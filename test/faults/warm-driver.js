/**
 * One process that runs one command line after another, so that the suite loads the program once and not at every point. Each command is what
 * `bin/sophia-secrets.js` would do; a process that is killed in the middle is simply started again.
 */
"use strict";
const { join } = require("node:path");

const { main } = require(join(__dirname, "..", "..", "dist", "automation", "cli", "main.js"));

process.on("message", ({ args, variables }) => {
  for (const [name, value] of Object.entries(variables)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
  void run(args).then((code) => process.send({ code }));
});
process.on("disconnect", () => process.exit());

async function run(args) {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const { env: environment, stdin, stdout, stderr } = process;
  const surroundings = { environment, directory: process.cwd(), stdin, stdout, stderr, interrupt: interrupt.signal };
  const code = await main(args, surroundings);
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  return code;
}
