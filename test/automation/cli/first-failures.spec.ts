/** What does somebody see first, when nothing is set up, half of it is, or a rotation is under way? Texts for people: short lines that say what to do. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { confirm, password } from "@inquirer/prompts";
import { CommandContext, type CliDependencies } from "../../../automation/cli/command";
import { Output } from "../../../automation/cli/output";
import { AutomationError } from "../../../automation/errors";
import { Redactor } from "../../../automation/redact";
import { serviceWords } from "../../../automation/cli/verbs/verb";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../../support/sandbox";

const tooWide = ({ stdout, stderr }: ChildResult): string[] =>
  `${stdout}\n${stderr}`.split("\n").filter((line) => line.length > 100);

describe("a question at the terminal", () => {
  const context = (signal = new AbortController().signal) => {
    const redactor = new Redactor();
    const silent = new PassThrough().resume();
    const output = new Output({ stdout: silent, stderr: silent, redactor, json: false });
    const dependencies = { stderr: silent, signal, environment: {}, redactor } as unknown as CliDependencies;
    return new CommandContext(dependencies, output, { stack: "development", json: false });
  };
  const interrupted = (error: unknown) =>
    error instanceof AutomationError && error.code === "cli.interrupted" && error.exitCode === 8;

  for (const [name, prompt] of [
    ["yes or no", confirm],
    ["a hidden value", password],
  ] as const) {
    it(`for ${name} that is left by ctrl-C ends with exit code 8`, async () => {
      const input = new PassThrough();
      const answer = context().ask<unknown>((streams) => prompt({ message: "?" }, { ...streams, input }));
      input.write("\x03");
      await assert.rejects(answer, interrupted);
    });
  }

  it("ends with exit code 8 when the run is interrupted from outside", async () => {
    const controller = new AbortController();
    const input = new PassThrough();
    const answer = context(controller.signal).ask((streams) => confirm({ message: "?" }, { ...streams, input }));
    controller.abort();
    await assert.rejects(answer, interrupted);
  });

  it("takes an answer, and hides no defect", async () => {
    const input = new PassThrough();
    const answer = context().ask((streams) => confirm({ message: "?" }, { ...streams, input }));
    input.write("y\r");
    assert.equal(await answer, true);
    await assert.rejects(
      context().ask(() => Promise.reject(new TypeError("a defect"))),
      TypeError,
    );
  });
});

describe("first failures", function () {
  this.timeout(180_000);
  let sandbox: SpecSandbox;
  before(async () => {
    sandbox = await startSpecSandbox();
    // Whoever comes first after a change compiles, and says so.
    await sandbox.cli(["--version"]);
  });
  after(() => sandbox?.dispose());

  it("missing tokens are a list, a line each with what it is for, that fits 100 columns", async () => {
    const control = Object.keys(sandbox.variables).filter((name) => /TOKEN$|_ADMIN_(USER|PASSWORD)$/.test(name));
    const env = Object.fromEntries(control.map((name) => [name, undefined]));
    const result = await sandbox.cli(["up"], { env });
    assert.equal(result.code, 2, said(result));
    const lines = result.stderr.trimEnd().split("\n");
    assert.equal(lines[0], "error: The settings of stack development are not usable; nothing was changed.");
    assert.equal(lines[1], "  not set in the environment:");
    assert.match(lines[2] ?? "", /^ {4}PULUMI_ACCESS_TOKEN +opens and writes ESC: https:\/\//);
    assert.equal(lines.length, 9);
    assert.deepEqual(tooWide(result), []);
    const doctor = await sandbox.cli(["doctor"], { env });
    assert.equal(doctor.code, 1);
    assert.deepEqual(tooWide(doctor), []);
    assert.match(doctor.stdout, /^fail {2}settings[^]*^ {6}GITHUB_TOKEN +writes Actions secrets/m);
  });

  it("an unknown stack lists the stacks that there are, for doctor and status too", async () => {
    for (const verb of ["status", "doctor"]) {
      const { stdout, stderr, code } = await sandbox.cli([verb, "--stack", "staging"]);
      assert.ok(code === 2 || code === 1);
      assert.match(`${stdout}${stderr}`, /There is no stack staging[^]*Known stacks: development, production/);
    }
  });

  it("services show says of each service what is asked of it, in 100 columns", async () => {
    const shown = await sandbox.cli(["services", "show"]);
    assert.deepEqual(tooWide(shown), []);
    for (const name of serviceWords()) {
      const [, part = ""] = new RegExp(`^${name}: ([^]*?)(\\n\\n\\w|$(?![^]))`, "m").exec(shown.stdout) ?? [];
      for (const word of ["owner", "rotation", "probe", "docs  ", "https://"])
        assert.ok(part.includes(word), `${name}: ${word}`);
    }
    const gong = (await sandbox.cli(["services", "show", "gong"])).stdout;
    assert.match(
      gong,
      /rotation +every 60 days\n +strategies +assisted \(default\)\n +probe +list users \(GET \/v2\/users\)/,
    );
    assert.match(
      gong,
      /GONG_API_SECRET {2}secret, to esc, github, vercel\n.*old names GONG_ACCESS_KEY_SECRET, GONG_CLIENT_SECRET/,
    );
    const github = (await sandbox.cli(["services", "show", "github"])).stdout;
    assert.match(github, /GITHUB_TOKEN {2}secret, stays in the environment/);
  });

  it("rotate brings no stack about: it says what comes first, and changes nothing", async () => {
    for (const standIn of sandbox.standIns()) standIn.clearRequests();
    const result = await sandbox.cli(["rotate", "--service", "snowflake"]);
    assert.equal(result.code, 6, said(result));
    assert.match(result.stderr, /npx sophia-secrets up --stack development/);
    assert.deepEqual(sandbox.changingRequests(), []);
  });

  describe("on a stack that was brought about", () => {
    before(async () => {
      const result = await sandbox.cli(["up"]);
      assert.equal(result.code, 0, said(result));
    });

    it("validate says how complete each service is, in percent", async () => {
      const result = await sandbox.cli(["validate"]);
      assert.match(result.stdout, /^gong +100 % +4 of 4$/m);
      assert.match(result.stdout, /^stack development: 100 % of \d+ variables$/m);
    });

    it("status of a rotation that drains says since when the new one is in use, when the old one goes, and how to go on", async () => {
      assert.match((await sandbox.cli(["status"])).stdout, /^vercel +idle +slot a, generation 1, never rotated$/m);
      const rotated = await sandbox.cli(["rotate", "--service", "vercel", "--grace", "3h"]);
      assert.equal(rotated.code, 0, said(rotated));
      const result = await sandbox.cli(["status"]);
      const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC";
      const lines = [
        `^vercel +draining +slot b, generation 1, in use since ${time} \\(\\d+ (s|min) ago\\)`,
        ` +the other one goes at ${time} \\(in \\d+ (h|min)\\)`,
        ` +-> npx sophia-secrets rotate --service vercel --resume --stack development`,
      ];
      assert.match(result.stdout, new RegExp(lines.join("\\n"), "m"));
      assert.deepEqual(tooWide(result), []);
    });

    it("doctor of a sound stack fits 100 columns", async () => {
      const result = await sandbox.cli(["doctor"]);
      assert.deepEqual(tooWide(result), [], said(result));
      assert.match(result.stdout, /^ok +network +\d+ addresses take connections$/m);
      assert.match(result.stdout, /^ok +token +GITHUB_TOKEN /m);
    });
  });
});
