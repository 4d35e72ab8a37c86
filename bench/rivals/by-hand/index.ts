/** What does somebody write who has Pulumi, a file of secrets, and a list of repositories? The provider's own settings, a resource a secret. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as github from "@pulumi/github";

const folder = process.env.BENCH_FOLDER ?? ".";
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
for (const repository of read("repositories.json") as string[]) {
  for (const [secretName, value] of Object.entries(read("secrets.json") as Record<string, string>)) {
    new github.ActionsSecret(`${repository}-${secretName}`, { repository, secretName, value });
  }
}
