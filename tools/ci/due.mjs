// What has a scheduled rotation to do? Reads `rotate --schedule --output FILE`: the outputs `begin` and `finish` say whether something is due.
import { appendFileSync, readFileSync } from "node:fs";
import { requireVariable, runScript } from "./github.mjs";

await runScript(async () => {
  const [file = ""] = process.argv.slice(2);
  const { schema, services } = JSON.parse(readFileSync(file, "utf8"));
  if (schema !== "sophia-secrets/rotation-schedule") throw new Error(`${file} is no schedule of rotations`);
  const due = services.filter((/** @type {{ isDue: boolean }} */ { isDue }) => isDue);
  const begin = due.some((/** @type {{ phase: string }} */ { phase }) => phase === "idle");
  const finish = due.some((/** @type {{ phase: string }} */ { phase }) => phase !== "idle");
  appendFileSync(requireVariable(process.env, "GITHUB_OUTPUT"), `begin=${begin}\nfinish=${finish}\n`);
  return `To begin: ${begin}. To finish: ${finish}.`;
});
