// Where is a step's report shown? In the job's summary, and as the output `report` for the steps and jobs that pass it on.
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { requireVariable, runScript } from "./github.mjs";

/** A comment takes 65,536 characters; marker and links need some of them. */
const MOST_CHARACTERS = 60_000;

await runScript(async () => {
  const [format, file] = process.argv.slice(2);
  if ((format !== "markdown" && format !== "text") || !file) throw new Error("usage: publish.mjs markdown|text FILE");
  const summary = requireVariable(process.env, "GITHUB_STEP_SUMMARY");
  const output = requireVariable(process.env, "GITHUB_OUTPUT");
  const content = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (content === "") {
    appendFileSync(summary, "The step ended before it had anything to report: its log says why.\n");
    return `There is no ${file}.`;
  }
  const shown = cut(content);
  const report = format === "markdown" ? shown : fenced(shown);
  appendFileSync(summary, `${report}\n`);
  // An end that nobody can guess: no line of the report defines an output of its own.
  const end = `end_${randomBytes(16).toString("hex")}`;
  appendFileSync(output, `report<<${end}\n${report}\n${end}\n`);
  return `Shown: ${report.length} characters.`;
});

/** Whole lines only, and it says so. @param {string} text */
function cut(text) {
  if (text.length <= MOST_CHARACTERS) return text;
  const kept = text.slice(0, MOST_CHARACTERS);
  return `${kept.slice(0, kept.lastIndexOf("\n"))}\n\n… cut here: the artifact and the log have the rest.`;
}

/** In a box whose end it cannot hold, without what colours a terminal. @param {string} text */
function fenced(text) {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.replace(/\u001b\[[0-9;]*m/g, "")}\n${fence}`;
}
