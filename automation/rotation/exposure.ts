/** What was exposed, in which order is it to be replaced, and what shows that it was? Names, times and fingerprints; never a value. */
import { type Credential, type Destination, type Service } from "../../services/service";
import { credentialBy, credentialVariables, variablesOf } from "../../services/select";
import { type DestinationEntry } from "../destinations";
import { usageError } from "../errors";
import { type Intake } from "../esc/intake";
import { type ProbeOutcome } from "../probes/result";
import { SLOTS, type RotationRecord } from "./record";
import { type RotationReport } from "./report";

/** Where secrets were seen by somebody who must not: a kind of place, or everything that has been alive since a moment (ISO 8601). */
export type Exposure = { readonly place: Destination | "env-file" } | { readonly since: string };

/** One service's credential under an exposure. */
export interface ExposedCredential {
  readonly service: string;
  readonly isExposed: boolean;
  /** Why, or why not; one sentence. */
  readonly reason: string;
  /** `by hand` comes after everything that needs no person. */
  readonly made: "by pulumi" | "by hand";
  readonly variables: readonly {
    readonly name: string;
    /** Keyed fingerprint of the value that was exposed. */
    readonly fingerprint?: string;
    /** Where it was seen, as the place lists it. */
    readonly places: readonly { readonly place: string; readonly updatedAt: string }[];
  }[];
}

/** What the decision depends on. */
export interface ExposureInput {
  readonly services: readonly Service[];
  readonly intake: Intake;
  readonly credentialOf: (service: Service) => Credential;
  /** Names of the variables that have a value in ESC. */
  readonly published: readonly string[];
  /** What GitHub and Vercel list. */
  readonly entries: readonly DestinationEntry[];
  readonly fingerprints: Readonly<Record<string, string>>;
}

const PLACES = ["github", "vercel", "env-file"] as const;

/** Reads `github`, `vercel`, `env-file` or an ISO date. Throws a usage error for anything else, and for a moment that is still to come. */
export function parseExposure(word: string, now: number): Exposure {
  const place = PLACES.find((one) => one === word);
  if (place) return { place };
  const since = /^\d{4}-\d{2}-\d{2}(T\S+)?$/.test(word) ? Date.parse(word) : Number.NaN;
  if (Number.isNaN(since) || since > now)
    throw usageError(
      "rotate.exposed_at",
      `--exposed-at ${word} is no place and no moment of the past; nothing was changed.`,
      "Choose from: github, vercel, env-file, or a date such as 2026-11-20 or 2026-11-20T14:00:00Z.",
    );
  return { since: new Date(since).toISOString() };
}

/** Every credential of the services: what needs no person first, each group in the order of the catalogue. */
export function findExposed(exposure: Exposure, input: ExposureInput): ExposedCredential[] {
  const found = input.services.map((service) => judge(service, exposure, input));
  return [...found.filter(({ made }) => made === "by pulumi"), ...found.filter(({ made }) => made === "by hand")];
}

function judge(service: Service, exposure: Exposure, input: ExposureInput): ExposedCredential {
  const record = input.intake.rotation(service.name);
  const credential = input.credentialOf(service);
  const names = variablesAlive(service, credential, record);
  const destination = "place" in exposure && exposure.place !== "env-file" ? exposure.place : undefined;
  const placesOf = (name: string) =>
    input.entries
      .filter((entry) => entry.name === name && destination !== undefined && entry.place.startsWith(`${destination} `))
      .map(({ place, updatedAt }) => ({ place, updatedAt }));
  const secrets = variablesOf(service).filter(({ name, secret }) => secret && names.includes(name));
  const { isExposed, reason } =
    "since" in exposure
      ? judgeByTime(record, exposure.since)
      : judgeByPlace(
          secrets.filter(({ name }) =>
            destination === undefined ? input.published.includes(name) : placesOf(name).length > 0,
          ).length,
          exposure.place,
        );
  return {
    service: service.name,
    isExposed,
    reason,
    made: credential.kind === "provided" ? "by hand" : "by pulumi",
    variables: names.map((name) => ({
      name,
      ...(input.fingerprints[name] === undefined ? {} : { fingerprint: input.fingerprints[name] }),
      places: placesOf(name),
    })),
  };
}

/** By the strategies of the slots that may be alive, and by the chosen one: the settings may ask for another than the one in use. */
function variablesAlive(service: Service, chosen: Credential, { slots, phase }: RotationRecord): string[] {
  const recorded = SLOTS.flatMap((slot) => {
    const state = slots[slot];
    return state && (phase !== "idle" || !state.retired) ? (credentialBy(service, state.strategy) ?? []) : [];
  });
  return [...new Set([...recorded, chosen].flatMap((credential) => credentialVariables(service, credential)))];
}

function judgeByTime({ phase, rotatedAt, rotatedAtSource }: RotationRecord, since: string) {
  // While a rotation is under way two credentials are alive, and the date is that of one of them.
  if (phase !== "idle")
    return { isExposed: true, reason: `its rotation is ${phase}, so an older one may still be alive` };
  // Nothing proves a date that another tool's file claims.
  if (rotatedAt === undefined || rotatedAtSource !== undefined)
    return { isExposed: true, reason: `in use since before ${since}, as far as is known` };
  const isExposed = Date.parse(rotatedAt) <= Date.parse(since);
  return {
    isExposed,
    reason: `${isExposed ? "in use" : "replaced after the exposure, in use only"} since ${rotatedAt}`,
  };
}

function judgeByPlace(secrets: number, place: string) {
  return secrets > 0
    ? {
        isExposed: true,
        reason: `${secrets} secrets of it ${place === "env-file" ? "go into an exported file" : `are at ${place}`}`,
      }
    : { isExposed: false, reason: `no secret of it ${place === "env-file" ? "has a value" : `is at ${place}`}` };
}

/** A controlling token of the tool: nothing here can replace it, and everything above needs it, so it comes last and by hand. */
export interface BootstrapToken {
  readonly variable: string;
  readonly instruction: string;
}

/** In the order in which they are to be replaced: the one that opens everything is the last. */
export const BOOTSTRAP_TOKENS: readonly BootstrapToken[] = [
  {
    variable: "SOPHIA_VERCEL_CONTROL_TOKEN",
    instruction: "Make a new token at https://vercel.com/account/settings/tokens, set it, delete the old one.",
  },
  {
    variable: "SOPHIA_ESTUARY_CONTROL_TOKEN",
    instruction: "Make a new token at https://dashboard.estuary.dev/admin/api, set it, revoke the old one.",
  },
  {
    variable: "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD",
    instruction: "As another administrator: ALTER USER of SOPHIA_SNOWFLAKE_ADMIN_USER SET PASSWORD, then set it here.",
  },
  {
    variable: "GITHUB_TOKEN",
    instruction: "Make a new token at https://github.com/settings/personal-access-tokens, set it, delete the old one.",
  },
  {
    variable: "PULUMI_ACCESS_TOKEN",
    instruction:
      "Make a new token at https://app.pulumi.com/account/tokens, set it, delete the old one. It opens all the others.",
  },
];

/** What shows that an exposed credential is worth nothing any more. */
export interface ExposureEvidence extends ExposedCredential {
  readonly outcome?: string;
  /** When every place had the new one and it was used from there; ISO 8601. */
  readonly newLiveAt?: string;
  /** When the old one was tried and refused; ISO 8601. */
  readonly oldRefusedAt?: string;
  /** What came of trying the old one last. */
  readonly oldTried?: { readonly outcome: ProbeOutcome; readonly reason: string };
  readonly instructions: readonly string[];
}

/** The evidence report: no value is in it. */
export interface ExposureReport {
  readonly schema: "sophia-secrets/exposure";
  readonly version: 1;
  readonly stack: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exposure: Exposure;
  /** In the order in which they were rotated. */
  readonly credentials: readonly ExposureEvidence[];
  readonly bootstrapTokens: readonly BootstrapToken[];
}

/** Puts together what was exposed and what the rotation saw. */
export function exposureReport(
  exposure: Exposure,
  exposed: readonly ExposedCredential[],
  { stack, startedAt, endedAt, services }: Pick<RotationReport, "stack" | "startedAt" | "endedAt" | "services">,
): ExposureReport {
  const credentials = exposed.map((one): ExposureEvidence => {
    const rotation = services.find(({ service }) => service === one.service);
    if (!rotation) return { ...one, instructions: [] };
    const live = rotation.deeds.find(({ deed }) => deed === "timestamp");
    const tried = rotation.steps.filter(({ step, probe }) => step === "retire" && probe !== undefined).at(-1);
    return {
      ...one,
      outcome: rotation.outcome,
      ...(live ? { newLiveAt: live.at } : {}),
      ...(tried?.probe?.credentialRefused ? { oldRefusedAt: tried.endedAt } : {}),
      ...(tried?.probe ? { oldTried: { outcome: tried.probe.outcome, reason: tried.probe.reason } } : {}),
      instructions: rotation.instructions,
    };
  });
  return {
    ...{ schema: "sophia-secrets/exposure", version: 1, stack, startedAt, endedAt },
    ...{ exposure, credentials, bootstrapTokens: BOOTSTRAP_TOKENS },
  };
}
