/** Which destinations does the intake add to those of the stack's settings file? Their shape under `values.destinations`. */
import { z } from "zod";

/** What GitHub takes for the name of a repository; environments may be named more freely there, but not by us. Dots alone would lead elsewhere in an address. */
export const githubSegment = z.string().regex(/^(?!\.+$)[A-Za-z0-9_.-]{1,100}$/);

/** Organization secrets and who reads them; repositories only where the visibility is `selected`. */
export interface GitHubOrganizationIntake {
  readonly visibility: "all" | "private" | "selected";
  readonly repositories: readonly string[];
}

/** What was named on the command line of `sync-github` and `sync-github-org` and is in no settings file. */
export interface GitHubIntake {
  readonly repositories: readonly string[];
  /** Names of GitHub environments by repository. */
  readonly environments: Readonly<Record<string, readonly string[]>>;
  readonly organization?: GitHubOrganizationIntake;
  /** How the stack writes its entries, where somebody has moved it from one way to the other. */
  readonly writer?: "resources" | "batch";
}

const names = z.array(githubSegment).default([]);

/** `values.destinations` of the intake. */
export const destinationsSchema = z.object({
  github: z
    .object({
      repositories: names,
      environments: z.record(githubSegment, names).default({}),
      organization: z
        .object({ visibility: z.enum(["all", "private", "selected"]).default("private"), repositories: names })
        .optional(),
      writer: z.enum(["resources", "batch"]).optional(),
    })
    .transform(({ organization, writer, ...rest }): GitHubIntake => ({
      ...rest,
      ...(organization ? { organization } : {}),
      ...(writer ? { writer } : {}),
    }))
    .optional(),
});
