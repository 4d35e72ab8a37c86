/** What does one resource for a whole place get to know? Marks that change with each value and tell nothing, and who changes together with whom. */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type WriteOrder } from "../automation/github/entries";
import { type PlaceAddress } from "../automation/github/place-api";
import { type DestinationVariable } from "./github-actions-secrets";
import { type GitHubEntriesArgs } from "./github-entries";

/** What the places of a stack have in common where each is written by one resource. */
export interface BatchWriting {
  readonly owner: string;
  /** Keyed fingerprints of the values, by name; no secrets. */
  readonly fingerprints: Readonly<Record<string, pulumi.Input<string>>>;
  /** What to look at, and what to write again. @default all, nothing */
  readonly order?: WriteOrder;
}

/** The arguments for one place. */
export function batchArgs(
  { owner, fingerprints, order }: BatchWriting,
  place: Omit<PlaceAddress, "owner">,
  variables: readonly DestinationVariable[],
): GitHubEntriesArgs {
  const audience = audienceMark(place);
  const wanted = variables.map(({ name, secret, service = name }) => {
    const fingerprint = pulumi.output(fingerprints[name] ?? "");
    const mark = audience === "" ? fingerprint : pulumi.interpolate`${fingerprint} ${audience}`;
    return [name, { kind: secret ? "secret" : "variable", mark, group: service }] as const;
  });
  return {
    owner,
    ...place,
    wanted: Object.fromEntries(wanted),
    values: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    ...(order ? { order } : {}),
  };
}

/** Other readers mean another write, so they are part of an entry's mark. A repository has none. */
function audienceMark({ visibility, repositories = [] }: Omit<PlaceAddress, "owner">): string {
  if (visibility !== "selected") return visibility ?? "";
  const names = repositories.map((name) => name.toLowerCase()).sort();
  return `selected ${createHash("sha256").update(names.join()).digest("hex").slice(0, 12)}`;
}
