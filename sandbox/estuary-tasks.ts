/**
 * Which tasks run at Estuary, and when did they last move anything? `liveSpecs` and `catalogStats` of the control plane's GraphQL:
 * https://github.com/estuary/ui/blob/main/schema.graphql and
 * https://github.com/estuary/flow/blob/master/crates/control-plane-api/src/server/public/graphql/catalog_stats/mod.rs
 */
import { GraphqlError } from "./estuary-graphql";

/** A capture or a materialization. */
export interface EstuaryTask {
  readonly name: string;
  readonly type: "capture" | "materialization";
  readonly isDisabled: boolean;
  /** Whether its shards have failed. */
  readonly hasFailed: boolean;
  /** When it last moved a document, in milliseconds since 1970. @default five minutes ago, whenever it is asked */
  readonly movedAt?: number;
}

/** What a tenant has in the sandbox. */
export const DEFAULT_TASKS: readonly EstuaryTask[] = [
  { name: "payready/gong/source-gong", type: "capture", isDisabled: false, hasFailed: false },
  { name: "payready/snowflake/materialize-snowflake", type: "materialization", isDisabled: false, hasFailed: false },
];

type Args = Readonly<Record<string, unknown>>;

const DAY = 86_400_000;
const MOST_NAMES = 100;

/** `liveSpecs(by: {prefix, catalogType}, first)`; a prefix that the caller may not read gives an error. */
export function listLiveSpecs(tasks: readonly EstuaryTask[], prefixes: readonly string[], args: Args): object {
  const { prefix, catalogType } = (args["by"] ?? {}) as Args;
  if (typeof prefix !== "string") throw new GraphqlError("must provide either `names` or `prefix`");
  requireReadable(prefixes, prefix);
  const matching = tasks.filter(
    ({ name, type }) => name.startsWith(prefix) && (catalogType === undefined || catalogType === type),
  );
  const page = matching.slice(0, typeof args["first"] === "number" ? args["first"] : 25);
  const edges = page.map((task) => ({ cursor: task.name, node: liveSpec(task) }));
  return { edges, pageInfo: { hasNextPage: page.length < matching.length, endCursor: edges.at(-1)?.cursor ?? null } };
}

/** `catalogStats(by: {names, grain, start, end})`: one bucket of the day on which a task last moved something, if it is asked for. */
export function listCatalogStats(tasks: readonly EstuaryTask[], prefixes: readonly string[], args: Args): object {
  const { names, grain, start, end } = (args["by"] ?? {}) as Args;
  if (!Array.isArray(names) || names.length === 0 || names.length > MOST_NAMES)
    throw new GraphqlError('Failed to parse "names": the value must have between 1 and 100 items');
  for (const name of names) requireReadable(prefixes, String(name));
  if (grain !== "DAILY") throw new GraphqlError(`the sandbox has daily buckets only, not ${String(grain)}`);
  const [from, to] = [alignedDay("start", start), alignedDay("end", end)];
  if (from >= to) throw new GraphqlError("`start` must be before `end`");
  const moved = tasks
    .filter(({ name }) => names.includes(name))
    .map((task) => ({ task, at: task.movedAt ?? Date.now() - 300_000 }))
    .filter(({ at }) => at >= from && at < to);
  const edges = moved.map(({ task, at }) => ({ cursor: task.name, node: bucket(task, at) }));
  return { edges, pageInfo: { hasNextPage: false, hasPreviousPage: false } };
}

function liveSpec({ name, type, isDisabled, hasFailed }: EstuaryTask): object {
  const status = isDisabled ? "TASK_DISABLED" : hasFailed ? "ERROR" : "OK";
  const summary = { TASK_DISABLED: "Task is disabled", ERROR: "Task shards have failed", OK: "Ok" }[status];
  return {
    catalogName: name,
    userCapability: "read",
    liveSpec: { catalogType: type, isDisabled, updatedAt: "2026-11-01T09:00:00Z" },
    status: { type: status, summary },
  };
}

function bucket({ name, type }: EstuaryTask, at: number): object {
  const time = new Date(at).toISOString();
  const collection = "payready/gong/calls";
  return {
    catalogName: name,
    grain: "DAILY",
    timestamp: new Date(Math.floor(at / DAY) * DAY).toISOString(),
    taskStats: {
      capture: type === "capture" ? [{ collection, lastPublishedAt: time }] : [],
      derive: null,
      materialize: type === "materialization" ? [{ collection, lastSourcePublishedAt: time }] : [],
    },
  };
}

function alignedDay(label: string, value: unknown): number {
  const time = Date.parse(typeof value === "string" ? value : "");
  if (Number.isNaN(time)) throw new GraphqlError(`Failed to parse "DateTime" of \`${label}\``);
  if (time % DAY !== 0) throw new GraphqlError(`\`${label}\` is not aligned to the daily grain`);
  return time;
}

function requireReadable(prefixes: readonly string[], name: string): void {
  if (prefixes.some((prefix) => name.startsWith(prefix))) return;
  throw new GraphqlError(
    `PermissionDenied: user is not authorized to access prefix or name '${name}' with required capability read`,
  );
}
