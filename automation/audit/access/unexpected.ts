/** Who may read that nobody has agreed to? What was found against the newest signed review. */
import { type AccessPlace } from "./place";
import { rowOf, type Review } from "./review";

/**
 * - `new`: not in the review. `changed`: the review agreed to something else. `to be revoked`: the review decided so, and it is still there.
 * - `undecided`: the review has the line without a decision. `unseen`: the place could be read then, and cannot now.
 */
export type AccessChange = "new" | "changed" | "to be revoked" | "undecided" | "unseen";

/** One of them. */
export interface Unexpected {
  readonly place: string;
  readonly change: AccessChange;
  readonly who: string;
  readonly kind: string;
  readonly how: string;
  /** What the review agreed to. */
  readonly was?: string;
}

/** Compares; whoever is gone since then is no finding. */
export function findUnexpected(places: readonly AccessPlace[], review: Review): Unexpected[] {
  return places.flatMap((one): Unexpected[] => {
    const { place, state, reason = "" } = one;
    if (state !== "read") {
      const wasRead = review.places.includes(place);
      return wasRead ? [{ place, change: "unseen", who: "", kind: "", how: `not read (${reason})` }] : [];
    }
    return one.accessors.flatMap((accessor): Unexpected[] => {
      const row = rowOf(place, accessor);
      const same = review.rows.filter((old) => old.place === row.place && old.who === row.who && old.kind === row.kind);
      const exact = same.find((old) => old.how === row.how);
      if (exact?.decision === "keep") return [];
      const old = exact ?? same[0];
      const change: AccessChange =
        old === undefined
          ? "new"
          : old.decision === "revoke"
            ? "to be revoked"
            : old.decision === undefined
              ? "undecided"
              : "changed";
      return [{ ...row, change, ...(change === "changed" && old ? { was: old.how } : {}) }];
    });
  });
}
