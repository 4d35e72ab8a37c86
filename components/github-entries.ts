/** How are all entries of a place at GitHub one resource? What `plugin/` serves, seen from the program. */
import * as pulumi from "@pulumi/pulumi";
import { type Entries, type WantedEntry, type WriteOrder } from "../automation/github/entries";
import { type PlaceAddress } from "../automation/github/place-api";

/** Arguments of {@link GitHubEntries}. */
export interface GitHubEntriesArgs extends PlaceAddress {
  readonly wanted: Entries<{ readonly [Field in keyof WantedEntry]: pulumi.Input<WantedEntry[Field]> }>;
  /** By name; secrets from here on, the plain ones too. */
  readonly values: Entries<pulumi.Input<string>>;
  readonly order?: WriteOrder;
}

/** Speaks to one GitHub on behalf of all places. */
export class SophiaProvider extends pulumi.ProviderResource {
  constructor(
    name: string,
    { api, token }: { readonly api: string; readonly token: pulumi.Input<string> },
    opts?: pulumi.ResourceOptions,
  ) {
    super("sophia", name, { api, token: pulumi.secret(token) }, opts);
  }
}

/** The secrets and variables of one place. Only what has changed is written, and only what it has written is ever deleted. */
export class GitHubEntries extends pulumi.CustomResource {
  constructor(name: string, args: GitHubEntriesArgs, opts?: pulumi.CustomResourceOptions) {
    const { values, ...rest } = args;
    super("sophia:github:Entries", name, { ...rest, values: pulumi.secret(pulumi.output(values)) }, opts);
  }
}
