/** What did a run that failed or died leave half done in the state, and what has to be done before the next one can go on? */
import { type StackResource } from "./stack-state";

/**
 * Types that are made by writing over whatever is there. Their values cannot be read, so the engine believes its state: a write that the service
 * refused (the provider keeps the new inputs all the same), or that somebody has written over, would never be done again. Forgotten by the state
 * they are written anew, without the moment of absence that a replacement has.
 * https://docs.github.com/en/rest/actions/secrets#create-or-update-a-repository-secret
 */
const UPSERTED = /^github:index\/actions(Environment|Organization)?Secret:/;

/** What to do before an `up`. */
export interface Repair {
  /** URNs to take out of the state. */
  readonly forget: readonly string[];
  /** URNs of which the state may know less than what is there: they have to be looked at first. */
  readonly look: readonly string[];
  /** URN patterns that are left to be replaced. */
  readonly replace: readonly string[];
}

/** The run that is to come. */
interface RepairScope {
  /** URN patterns to which everything is limited. @default all */
  readonly targets?: readonly string[];
  /** URN patterns of what is to be written again in any case. @default none */
  readonly replace?: readonly string[];
  /** The run looks at everything before it acts. @default false */
  readonly refresh?: boolean;
}

/** Plans the repair. */
export function planRepair(
  resources: readonly StackResource[],
  { targets, replace = [], refresh = false }: RepairScope,
): Repair {
  const meant = resources.filter(({ urn }) => !targets || matchesAny(urn, targets));
  // A run that looks by itself tells what it finds; one before it would have mended that unsaid.
  const looked = refresh ? [] : meant;
  const upserted = meant.filter(({ type }) => UPSERTED.test(type));
  const forget = upserted.filter(({ isHalfWritten, urn }) => isHalfWritten || matchesAny(urn, replace));
  return {
    forget: forget.map(({ urn }) => urn),
    look: looked.flatMap(({ isHalfWritten, type, urn }) => (isHalfWritten && !UPSERTED.test(type) ? [urn] : [])),
    replace: replace.filter((pattern) => !upserted.some(({ urn }) => matchesAny(urn, [pattern]))),
  };
}

/** In the engine's patterns two stars stand for any text. https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/ */
function matchesAny(urn: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("**").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(urn);
  });
}
