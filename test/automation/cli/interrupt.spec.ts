/** Does somebody who presses ctrl-C read at once that it was heard? */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { CommandContext } from "../../../automation/cli/command";
import { Output } from "../../../automation/cli/output";
import { Redactor } from "../../../automation/redact";

describe("an interrupt, where something takes long", () => {
  const heard = (json: boolean): string | null => {
    const stderr = new PassThrough({ encoding: "utf8" });
    const interrupt = new AbortController();
    const output = new Output({ stdout: new PassThrough(), stderr, redactor: new Redactor(), json });
    const dependencies = { signal: interrupt.signal } as CommandContext["dependencies"];
    new CommandContext(dependencies, output, { stack: "development", json }).answerInterrupt();
    assert.equal(stderr.read(), null);
    interrupt.abort();
    return stderr.read() as string | null;
  };

  it("is answered at once", () =>
    assert.equal(
      heard(false),
      "  interrupted: what has begun comes to its end first (ctrl-C again: ends it at once)\n",
    ));
  it("is not, where a program reads", () => assert.equal(heard(true), null));
});
