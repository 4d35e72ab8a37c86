// Which last line does a test run print? Mocha's own listing, then `N passed, N failed`, which machines read. And how long did each file take?
"use strict";
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const { reporters, Runner } = require("mocha");

const ROOT = path.resolve(__dirname, "..", "..");

module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { EVENT_TEST_END, EVENT_HOOK_END, EVENT_RUN_END } = Runner.constants;
    const durations = {};
    const add = ({ file, duration = 0 }) => {
      if (!file) return;
      const name = path.relative(ROOT, file).replaceAll(path.sep, "/");
      durations[name] = (durations[name] ?? 0) + duration;
    };
    runner.on(EVENT_TEST_END, add);
    runner.on(EVENT_HOOK_END, add);
    // The listing's own summary is written at the same event, by a listener that is there already.
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      keep(process.env.SOPHIA_SECRETS_SPEC_DURATIONS, durations);
      process.stdout.write(`${passes} passed, ${failures} failed\n`);
    });
  }
};

/** By file in milliseconds, over those of earlier runs; `tools/specs.mjs` reads it. */
function keep(place, durations) {
  if (!place) return;
  let former = {};
  try {
    former = JSON.parse(readFileSync(place, "utf8"));
  } catch {
    // The first run.
  }
  const partial = `${place}.${process.pid}.tmp`;
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(partial, `${JSON.stringify({ ...former, ...durations }, null, 1)}\n`);
  renameSync(partial, place);
}
