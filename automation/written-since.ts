/** Has somebody else written an entry since we did? One answer, by the place's time of it, for the writer of GitHub, the sync commands and the audit. */

/** The engine notes a write when the answer has come, by its own clock, which is not the vendor's. Milliseconds. */
export const CLOCK_TOLERANCE_MS = 30_000;

/** When we wrote, ISO: `updatedAt` is what the place itself said of our write and is exact, `modifiedAt` when the engine noted it. */
export interface OwnWrite {
  readonly updatedAt?: string;
  readonly modifiedAt?: string;
}

/** Whether the place's time of an entry (ISO) is later than our last write of it can be. False where a time is unknown or no time. */
export function isWrittenSince(placeTime: string | undefined, { updatedAt, modifiedAt }: OwnWrite): boolean {
  const ours = updatedAt === undefined ? Date.parse(modifiedAt ?? "") + CLOCK_TOLERANCE_MS : Date.parse(updatedAt);
  return Date.parse(placeTime ?? "") > ours;
}
