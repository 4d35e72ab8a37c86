// Which comment of ours does the pull request have? One for each key: a later run writes it anew.
import { isOurs, markerOf, openGitHub, requireVariable, runScript, runUrl } from "./github.mjs";

await runScript(async () => {
  const github = openGitHub(process.env);
  const number = requireVariable(process.env, "PULL_REQUEST");
  if (!/^\d+$/.test(number)) throw new Error("PULL_REQUEST must be a number");
  const marker = markerOf(requireVariable(process.env, "COMMENT_KEY"));
  const text = requireVariable(process.env, "COMMENT_BODY");
  const body = `${marker}\n${text}\n\n[The run](${runUrl(process.env)})`;
  const comments = await github.list(`/issues/${number}/comments`);
  const present = comments.find((comment) => isOurs(comment) && comment.body?.startsWith(marker));
  if (!present) {
    await github.call("POST", `/issues/${number}/comments`, { body });
    return "The comment was written.";
  }
  if (present.body === body) return "The comment says this already.";
  await github.call("PATCH", `/issues/comments/${present.id}`, { body });
  return "The comment was written anew.";
});
