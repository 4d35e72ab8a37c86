/** Is a write that a place refuses told with the remedy for its status, in either vendor's words? */
import assert from "node:assert/strict";
import { AutomationError, EXIT } from "../../../automation/errors";
import { type Settings } from "../../../automation/settings";
import { questionOf, type Place } from "../../../automation/sync/questions";
import { writingError } from "../../../automation/sync/remedies";

const SETTINGS = {
  github: { owner: "payready", repositories: [] },
  vercel: { team: "team_1", project: "prj_1", targets: [] },
} as unknown as Settings;
const github: Place = { kind: "repository", repository: "sophia" };
const vercel: Place = { kind: "vercel" };

/** As the engine's error reads. */
const engineError = (text: string) =>
  new AutomationError({ code: "stack.failed", exitCode: EXIT.resource, message: `pulumi up failed: ${text}` });
const atGitHub = (status: number) =>
  `PUT https://api.github.com/repos/payready/sophia/actions/secrets/A: ${status} Something []`;
const atVercel = (word: string) => `Could not create environment variable, unexpected error: ${word} - Something`;

describe("writingError", () => {
  const cases: [place: Place, text: string, code: string, exitCode: number, hint: RegExp][] = [
    [github, atGitHub(401), "sync.token_refused", 3, /^Put a valid token into GITHUB_TOKEN\./],
    [github, atGitHub(403), "sync.forbidden", 3, /^Give the token of GITHUB_TOKEN these rights:/],
    [github, atGitHub(404), "sync.not_found", 4, /gh api repos\/payready\/sophia/],
    [github, atGitHub(422), "sync.refused", 4, /^Check how/],
    [github, atGitHub(429), "sync.rate_limited", 4, /^Wait/],
    [github, atGitHub(502), "sync.unavailable", 4, /githubstatus/],
    [vercel, atVercel("forbidden"), "sync.forbidden", 3, /^Give the token of SOPHIA_VERCEL_CONTROL_TOKEN/],
    [vercel, atVercel("not_found"), "sync.not_found", 4, /sophia:vercelProject/],
    [vercel, atVercel("bad_request"), "sync.refused", 4, /sophia:vercelProject and sophia:vercelTeam/],
    [vercel, atVercel("rate_limited"), "sync.rate_limited", 4, /^Wait/],
    [vercel, atVercel("internal_server_error"), "sync.unavailable", 4, /vercel-status/],
  ];
  for (const [place, text, code, exitCode, hint] of cases)
    it(`tells what to do about ${code} of ${questionOf(SETTINGS, place).place}`, () => {
      const before = engineError(text);
      const error = writingError(before, questionOf(SETTINGS, place));
      assert.ok(error instanceof AutomationError);
      assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
      assert.match(error.hint ?? "", hint);
      assert.match(error.message, /what was written before is in the state\. pulumi up failed: /);
      assert.equal(error.cause, before);
    });

  it("leaves every other error as it is", () => {
    const others = [engineError(atGitHub(409)), engineError("a plugin crashed"), new Error(atGitHub(403))];
    for (const error of others) assert.equal(writingError(error, questionOf(SETTINGS, github)), error);
    const usage = new AutomationError({ code: "cli.declined", exitCode: EXIT.usage, message: atGitHub(403) });
    assert.equal(writingError(usage, questionOf(SETTINGS, github)), usage);
    const known = engineError(atGitHub(403));
    assert.equal(writingError(known, undefined), known);
  });
});
