/** Can a person read what the engine says of a failure? */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { Output } from "../../../automation/cli/output";
import { engineText } from "../../../automation/cli/text";
import { AutomationError, EXIT } from "../../../automation/errors";
import { Redactor } from "../../../automation/redact";

const URN = "urn:pulumi:development::sophia::sophia:index:Credentials$vercel:index/userToken:UserToken::vercel-b-token";
const MESSAGE = `pulumi up of stack development failed (create vercel-b-token, update esc-secrets): diffing ${URN}: no such token | 403 Forbidden`;
const READABLE = [
  "pulumi up of stack development failed (create vercel-b-token, update esc-secrets):",
  "  diffing vercel-b-token: no such token",
  "  403 Forbidden",
].join("\n");

describe("the engine's errors", () => {
  it("are a line each, by the names of the program, without URNs", () => {
    assert.equal(engineText(MESSAGE), READABLE);
    assert.equal(
      engineText("pulumi stack export of stack a failed: no such backend"),
      "pulumi stack export of stack a failed:\n  no such backend",
    );
  });

  it("leave every other sentence as it is", () => {
    for (const text of ["There is no stack a | b; nothing was changed.", "failed: x | y"])
      assert.equal(engineText(text), text);
  });

  it("come like that on a terminal, and whole with --json", () => {
    const shown = (json: boolean) => {
      const stderr = new PassThrough({ encoding: "utf8" });
      const output = new Output({ stdout: new PassThrough(), stderr, redactor: new Redactor(), json });
      output.error(
        new AutomationError({ code: "stack.failed", exitCode: EXIT.resource, message: MESSAGE, hint: "Again." }),
      );
      return String(stderr.read());
    };
    assert.equal(shown(false), `error: ${READABLE}\n  Again.\n`);
    assert.equal((JSON.parse(shown(true)) as { error: { message: string } }).error.message, MESSAGE);
  });
});
