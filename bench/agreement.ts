/** Did a run leave every place as it should be? */
import { type Run } from "./case";
import { type SandboxWorld } from "./stand-ins/protocol";
import { type Worlds } from "./worlds";

/** The run, with what is wrong where places disagree with ESC, or more was written than said. */
export async function checked<T extends Run>(
  run: T,
  { world }: SandboxWorld,
  worlds: Worlds,
  mostWrites?: number,
): Promise<T> {
  const faults = await worlds.standIns.ask("disagreements", { world });
  if (mostWrites !== undefined && run.writes > mostWrites) return { ...run, wrong: `${run.writes} writes` };
  return faults.length === 0 ? run : { ...run, wrong: faults[0] ?? "" };
}
