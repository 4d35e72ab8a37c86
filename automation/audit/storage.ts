/** Is everything kept as it should be? What stands in clear, what was edited, what two stacks share, what nobody needs. */
import { type Service } from "../../services/service";
import { findOwner, variablesFor } from "../../services/select";
import { type Session } from "../session";
import { SLOTS } from "../rotation/record";
import { valueDigest } from "../value-digest";
import { deleteCommand, inTurn, ours, shellWord, syncCommand } from "./commands";
import { plainTextsOfIntake, plainTextsOfPublished, plainTextsOfSecrets, unusedKeys } from "./definitions";
import { valueOf, type AuditEvidence } from "./evidence";
import { exposureFindings } from "./exposure";
import { finding, type Finding } from "./findings";
import { type OuterPlaceAudit } from "./place-audit";

/** What the storage is judged by. */
export interface StorageJudgement {
  readonly session: Session;
  readonly catalogue: readonly Service[];
  readonly evidence: AuditEvidence;
  readonly places: readonly OuterPlaceAudit[];
}

/** Every finding that is about how and where things are kept. */
export function storageFindings(judgement: StorageJudgement): Finding[] {
  return [
    ...setUpFindings(judgement),
    ...unreadableFindings(judgement),
    ...plainTextFindings(judgement),
    ...plainPlaceFindings(judgement),
    ...editedEnvironments(judgement),
    ...sharedFindings(judgement),
    ...intakeFindings(judgement),
    ...exposureFindings(judgement),
  ];
}

function setUpFindings({ session, evidence }: StorageJudgement): Finding[] {
  const { definitions, ledger } = evidence;
  const { stackName: stack } = session;
  const location = locationOf(session, "intake");
  if (definitions.intake.state === "absent") {
    const message = `There is no ESC environment ${session.intake.fullName}`;
    return [finding("not-set-up", { location, message, command: ours(stack, "import-env", "--env-file", ".env") })];
  }
  if (ledger.state !== "absent") return [];
  return [
    finding("not-set-up", { location, message: `Stack ${stack} was never brought up`, command: ours(stack, "up") }),
  ];
}

function unreadableFindings({ session, evidence, places }: StorageJudgement): Finding[] {
  const { definitions, intake, published, ledger, siblings, importers } = evidence;
  const again = ours(session.stackName, "doctor");
  const parts = [
    ["the intake", locationOf(session, "intake"), intake.state === "unreadable" ? intake : definitions.intake],
    ["the secrets environment", locationOf(session, "secrets"), definitions.secrets],
    [
      "the published environment",
      locationOf(session, "published"),
      published.state === "unreadable" ? published : definitions.published,
    ],
    ["who imports the published environment", locationOf(session, "published"), importers],
    ["Pulumi's state", `pulumi/${session.stackName}`, ledger],
    ...siblings.map(({ stack, values }) => [`stack ${stack}, to compare`, `esc/${stack}`, values] as const),
  ] as const;
  const stores = parts.flatMap(([what, location, part]) =>
    part.state === "unreadable"
      ? [finding("unreadable", { location, message: `Not read: ${what}. ${withoutStop(part.reason)}`, command: again })]
      : [],
  );
  const outside = places.flatMap(({ place, reason }) =>
    reason === undefined
      ? []
      : [
          finding("unreadable", {
            place,
            location: place.replaceAll(" ", "/"),
            message: `Not read: ${place} (${reason})`,
            command: again,
          }),
        ],
  );
  return [...stores, ...outside];
}

/** In ESC every secret is an `fn::secret`: whoever may read a definition may read what stands beside. */
function plainTextFindings({ session, catalogue, evidence }: StorageJudgement): Finding[] {
  const { definitions, published } = evidence;
  const secrets = variablesFor("esc", catalogue).filter(({ secret }) => secret);
  const values = valueOf(published)?.environmentVariables ?? {};
  const digests = new Set(secrets.flatMap(({ name }) => (values[name] ? [valueDigest(values[name])] : [])));
  const isSecretValue = (text: string) => digests.has(valueDigest(text));
  const yamlOf = (part: keyof typeof definitions) => valueOf(definitions[part])?.yaml ?? "";
  const found = {
    intake: plainTextsOfIntake(yamlOf("intake"), catalogue),
    secrets: plainTextsOfSecrets(yamlOf("secrets")),
    published: plainTextsOfPublished(
      yamlOf("published"),
      secrets.map(({ name }) => name),
      isSecretValue,
    ),
  };
  const { stackName: stack } = session;
  return (["intake", "secrets", "published"] as const).flatMap((part) => {
    const paths = found[part];
    if (paths.length === 0) return [];
    const environment = fullNameOf(session, part);
    const command =
      part === "intake"
        ? inTurn(...paths.map((path) => `pulumi env set --secret ${shellWord(environment)} ${shellWord(path)}`))
        : restoreCommand(part, stack);
    const message = `${environment} holds in clear what should be secret: ${paths.join(", ")}`;
    return [finding("plaintext-secret", { location: locationOf(session, part), variables: paths, message, command })];
  });
}

/** A variable at GitHub and anything not `sensitive` at Vercel is shown to whoever may read the place. */
function plainPlaceFindings({ catalogue, evidence, places }: StorageJudgement): Finding[] {
  const { settings } = evidence;
  return places.flatMap((place) => {
    const listed = evidence.places.find((one) => one.place === place.place)?.entries ?? [];
    const names = new Set(
      listed
        .filter(({ name, readable }) => readable && findOwner(name, catalogue)?.variables[name]?.secret)
        .map(({ name }) => name),
    );
    if (names.size === 0) return [];
    const variables = [...names].sort();
    const removals = variables.map((name) => deleteCommand(settings, place.where, name, "variables"));
    const message = `${place.place} shows what should be secret: ${variables.join(", ")}`;
    const command = inTurn(...removals, syncCommand(settings, place.where));
    const location = place.place.replaceAll(" ", "/");
    return [finding("plaintext-secret", { place: place.place, variables, location, message, command })];
  });
}

/** The program is the only writer of these two; every other revision is somebody else's. */
function editedEnvironments({ session, evidence }: StorageJudgement): Finding[] {
  const ledger = valueOf(evidence.ledger);
  if (!ledger) return [];
  const { stackName: stack } = session;
  return (["secrets", "published"] as const).flatMap((part) => {
    const there = valueOf(evidence.definitions[part])?.revision;
    const state = ledger.entries.find(({ type, name }) => type === ENVIRONMENT_TYPE && name === `esc-${part}`);
    if (!state || evidence.definitions[part].state === "not asked" || evidence.definitions[part].state === "unreadable")
      return [];
    if (there === state.revision) return [];
    const message =
      there === undefined
        ? `${fullNameOf(session, part)} was deleted outside`
        : `${fullNameOf(session, part)} was edited outside: revision ${there}, written by us ${state.revision ?? "unknown"}`;
    const command = restoreCommand(part, stack);
    return [finding("published-edited", { location: locationOf(session, part), message, command })];
  });
}

const ENVIRONMENT_TYPE = "pulumiservice:index:Environment";

/**
 * Looks at the environment and writes it anew. Not a refresh of everything: that one takes the times of GitHub's secrets over, and with them
 * goes the only sign that somebody has written over one.
 */
function restoreCommand(part: "secrets" | "published", stack: string): string {
  const names = part === "secrets" ? ["esc-secrets", "esc-stable"] : ["esc-published"];
  const targets = names.map((name) => `--target '**::${name}'`).join(" ");
  return `pulumi up --yes --refresh ${targets} --stack ${shellWord(stack)}`;
}

/** Whoever has a secret of one stack has it of both. */
function sharedFindings({ session, catalogue, evidence }: StorageJudgement): Finding[] {
  const own = valueOf(evidence.published)?.environmentVariables ?? {};
  const secrets = variablesFor("esc", catalogue).filter(({ secret, sameAs }) => secret && sameAs === undefined);
  return evidence.siblings.flatMap(({ stack, values }) => {
    const theirs = new Set(secrets.flatMap(({ name }) => valueOf(values)?.[name] || []));
    const shared = secrets.filter(({ name }) => own[name] !== undefined && own[name] !== "" && theirs.has(own[name]));
    return [...new Set(shared.map(({ service }) => service))].map((service) => {
      const variables = shared.filter((one) => one.service === service).map(({ name }) => name);
      const message = `${variables.join(", ")} of ${service} has the same value in stack ${stack}`;
      const command = ours(session.stackName, "rotate", "--service", service);
      return finding("shared-value", { service, variables, location: `services/${service}.ts`, message, command });
    });
  });
}

/** Keys that nobody declares, and material of slots that are retired: until a rotation has ended, it is there to be tried. */
function intakeFindings({ session, catalogue, evidence }: StorageJudgement): Finding[] {
  const yaml = valueOf(evidence.definitions.intake)?.yaml;
  if (yaml === undefined) return [];
  const environment = session.intake.fullName;
  const location = locationOf(session, "intake");
  const remove = (path: string) => `pulumi env rm --yes ${shellWord(environment)} ${shellWord(path)}`;
  const unused = unusedKeys(yaml, catalogue).map(({ path }) =>
    finding("unused-key", {
      location,
      variables: [path],
      message: `No service declares ${path}`,
      command: remove(path),
    }),
  );
  const intake = valueOf(evidence.intake);
  const retired = catalogue.flatMap(({ name: service, rotation }) => {
    const record = rotation && intake?.rotation(service);
    const held = intake?.service(service).slots ?? {};
    if (record?.phase !== "idle") return [];
    return SLOTS.filter((slot) => record.slots[slot]?.retired && Object.keys(held[slot] ?? {}).length > 0).map(
      (slot) => {
        const message = `Slot ${slot} of ${service} is retired and still holds ${Object.keys(held[slot] ?? {}).join(", ")}`;
        return finding("retired-material", {
          service,
          location,
          message,
          command: remove(`services.${service}.slots.${slot}`),
        });
      },
    );
  });
  return [...retired, ...unused];
}

function fullNameOf({ esc, settings }: Session, part: "intake" | "secrets" | "published"): string {
  return esc.fullName(settings.environments[part]);
}

function locationOf(session: Session, part: "intake" | "secrets" | "published"): string {
  return `esc/${fullNameOf(session, part)}`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}
