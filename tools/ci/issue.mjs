// Is there an issue about this failure? One for each key: opened at the first failure, brought up to date at each further one, closed when it passes.
import { isOurs, markerOf, openGitHub, requireVariable, runScript, runUrl } from "./github.mjs";

const LABEL = "sophia-secrets";

await runScript(async () => {
  const outcome = requireVariable(process.env, "OUTCOME");
  // A run that somebody has cancelled has shown nothing.
  if (outcome !== "failure" && outcome !== "success") return `Nothing is to be said of a run that was ${outcome}.`;
  const github = openGitHub(process.env);
  const marker = markerOf(requireVariable(process.env, "ISSUE_KEY"));
  const listed = await github.list(`/issues?state=open&labels=${LABEL}&sort=created&direction=asc`);
  const [present, ...doubles] = listed.filter(
    (issue) => !issue.pull_request && isOurs(issue) && issue.body?.startsWith(marker),
  );
  // Two runs at the same moment may have opened two.
  for (const { number } of doubles) await close(github, number, `The same as #${present.number}.`, "not_planned");
  if (outcome === "success") {
    if (!present) return "It passes, and no issue is open.";
    await close(github, present.number, `It passes again: ${runUrl(process.env)}`, "completed");
    return `It passes again: issue ${present.number} was closed.`;
  }
  const failures = countFailures(present?.body) + 1;
  const body = [
    marker,
    process.env.ISSUE_BODY || "The run has no report: it failed before there was one.",
    `Failed ${failures} ${failures === 1 ? "time" : "times in a row"}; the last run is [this one](${runUrl(process.env)}). This issue is closed by the first run that passes.`,
  ].join("\n\n");
  if (present) {
    await github.call("PATCH", `/issues/${present.number}`, { body });
    return `It fails still: issue ${present.number} was brought up to date.`;
  }
  const title = requireVariable(process.env, "ISSUE_TITLE");
  const { number } = await github.call("POST", "/issues", { title, body, labels: [LABEL] });
  return `It fails: issue ${number} was opened.`;
});

/** @param {import("./github.mjs").GitHub} github @param {number} number @param {string} body @param {"completed" | "not_planned"} reason */
async function close(github, number, body, reason) {
  await github.call("POST", `/issues/${number}/comments`, { body });
  await github.call("PATCH", `/issues/${number}`, { state: "closed", state_reason: reason });
}

/** How often it had failed when the issue was last written; the last such sentence is ours, whatever the report holds. @param {string | undefined} body */
function countFailures(body) {
  return Number([...(body ?? "").matchAll(/^Failed (\d+) time/gm)].at(-1)?.[1] ?? 0);
}
