/**
 * How does a stack move from one way of writing to GitHub to the other? The new resources write over what is there, then the old ones are forgotten:
 * nothing is deleted, and nothing is missing for a moment. Only this command line moves a stack. The program does what the intake notes, whatever
 * the settings file says: a plain `pulumi up` with the new setting would have the engine delete what the old resources stand for.
 */
import { type Session } from "../session";
import { type StackDriver } from "../stack";
import { type StackResource } from "../stack-state";
import { BATCH_TYPE } from "./batched";

type Writer = "resources" | "batch";

/** What the settings ask for and the next `up` does. */
export interface WriterMove {
  readonly from: Writer;
  readonly to: Writer;
}

const SINGLE = /^github:index\/actions(Environment|Organization)?(Secret|Variable):/;

/** The move that the settings ask for; undefined where the stack writes as they say, or where they say nothing. */
export async function findWriterMove({
  settings,
  intake,
}: Pick<Session, "settings" | "intake">): Promise<WriterMove | undefined> {
  const to = settings.github.wantedWriter;
  if (to === undefined) return undefined;
  const from = (await intake.require()).intake.github?.writer ?? "resources";
  return to === from ? undefined : { from, to };
}

/**
 * Prepares the next `up` for the way that the settings ask for, and notes it in the intake. A move that was interrupted is gone on with. Gives what
 * the `up` must be told besides.
 */
export async function prepareWriterMove(session: Session, stack: StackDriver): Promise<{ importVariables?: true }> {
  const to = session.settings.github.wantedWriter;
  if (to === undefined) return {};
  const move = await findWriterMove(session);
  const old = ((await stack.resources()) ?? []).filter((resource) => isOfOther(resource, to));
  if (!move && old.length === 0) return {};
  const urns = old.map(({ urn }) => urn);
  if (urns.length > 0) await stack.keepWhenForgotten(urns);
  if (move) await session.intake.change(() => [{ path: ["destinations", "github", "writer"], plain: to }]);
  // Somebody else's `up` in between would have taken the marks away again, and the next one would delete.
  if (move && urns.length > 0) await stack.keepWhenForgotten(urns);
  return to === "resources" && urns.length > 0 ? { importVariables: true } : {};
}

function isOfOther({ type }: StackResource, writer: Writer): boolean {
  return writer === "batch" ? SINGLE.test(type) : type === BATCH_TYPE;
}
