// Which last line does a test run print? Mocha's own listing, then `N passed, N failed`, which machines read.
"use strict";
const { reporters, Runner } = require("mocha");

module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    // The listing's own summary is written at the same event, by a listener that is there already.
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed\n`);
    });
  }
};
