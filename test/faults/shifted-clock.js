/** The clock of a machine that is off: loaded before everything else (`node --require`), by so many milliseconds as CLOCK_OFF_MS says. */
"use strict";
const off = Number(process.env.CLOCK_OFF_MS ?? "0");
const TrueDate = Date;

globalThis.Date = class extends TrueDate {
  constructor(...args) {
    if (args.length === 0) super(TrueDate.now() + off);
    else super(...args);
  }

  static now() {
    return TrueDate.now() + off;
  }
};
