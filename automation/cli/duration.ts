/** How long is `24h`? Durations of the command line. */
import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `0`, `30s`, `15m`, `24h` or `7d`. Throws commander's error for anything else. */
export function parseDuration(text: string): number {
  const milliseconds = findDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("It must look like 0, 30s, 15m, 24h or 7d.");
  return milliseconds;
}

/** The same; undefined for anything else. */
export function findDuration(text: string): number | undefined {
  const found = /^(\d+)([smhd]?)$/.exec(text);
  const unit = found?.[2] === "" ? (Number(found[1]) === 0 ? 1 : undefined) : UNITS[found?.[2] ?? ""];
  return found && unit !== undefined ? Number(found[1]) * unit : undefined;
}
