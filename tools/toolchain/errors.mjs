// How does the set-up say that it cannot go on?

/** A set-up step that cannot succeed as things are: the message says what to do; exit code 2 unless told otherwise. */
export class SetupError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 2) {
    super(message);
    this.name = "SetupError";
    this.exitCode = exitCode;
  }
}

/** The user (or a supervisor) asked the set-up to stop; the children are ended by then. */
export class InterruptedError extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}; the next run takes up where this one ended`);
    this.name = "InterruptedError";
    this.exitCode = signal === "SIGINT" ? 130 : signal === "SIGHUP" ? 129 : 143;
  }
}
