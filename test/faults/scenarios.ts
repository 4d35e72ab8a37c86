/** What happens to a rotation that is more than a strike at a request? Each in turn, with the same invariants. */
import { changedKey } from "./changed-key";
import { shiftClocks } from "./clocks";
import { diskThatFillsUp, fullDisk, lockFolder } from "./disks";
import { type Scenario } from "./scenario";
import { type RoundResult } from "./strike";
import { suspend, secondDriver } from "./two-drivers";
import { FaultWorld, type Strategy } from "./world";

const HOURS_MS = 3_600_000;

/** By name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "a second driver while the new credentials are made": secondDriver("vercel", "POST", "/v3/user/tokens"),
  "a second driver while the new credentials are tried": secondDriver("gong", "GET", "/v2/users", 2),
  "a second driver while consumers are pointed": secondDriver("github", "PUT", "/actions/secrets/"),
  "a second driver while the promotion is confirmed": secondDriver("github", "GET", "/actions/variables$"),
  "suspended before it has the lock, while another rotates": suspend("gong", "GET", "/v2/users", 1),
  "suspended while the new credentials are tried, and taken over": suspend("gong", "GET", "/v2/users", 2),
  "suspended while the promotion is confirmed, and taken over": suspend("github", "GET", "/actions/variables$", 2),
  "suspended within pulumi up, and taken over": suspend("github", "PUT", "/actions/secrets/", 3),
  "a clock two hours ahead": shiftClocks(2 * HOURS_MS),
  "a clock two hours behind": shiftClocks(-2 * HOURS_MS),
  "killed by a clock two hours ahead, gone on with by the right one": shiftClocks(2 * HOURS_MS, "killed"),
  "killed by a clock two hours behind, gone on with by the right one": shiftClocks(-2 * HOURS_MS, "killed"),
  "a full disk under Pulumi's state": fullDisk,
  "a disk that fills up while the new credentials are made": diskThatFillsUp("vercel", "POST", "/v3/user/tokens"),
  "a disk that fills up while consumers are pointed": diskThatFillsUp("github", "PUT", "/actions/secrets/", 3),
  "a state folder that cannot be written": lockFolder,
  "GitHub's key changes while consumers are pointed": changedKey(2),
};

/** Runs those whose name has the text in it; `say` is told of those that cannot be made here. */
export async function runScenarios(
  strategy: Strategy,
  only: string,
  note: (result: RoundResult) => void,
  say: (line: string) => void,
): Promise<void> {
  let world = await FaultWorld.start(strategy);
  try {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      if (!only.split(",").some((text) => name.includes(text))) continue;
      const result = await scenario(world);
      if (typeof result === "string") {
        say(`skipped: ${name}: ${result}`);
        continue;
      }
      note({ ...result, struck: [name] });
      if (result.violations.length === 0) continue;
      await world.dispose();
      world = await FaultWorld.start(strategy);
    }
    note(await world.searchEverything());
  } finally {
    await world.dispose();
  }
}
