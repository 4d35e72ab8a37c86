/** `rotate --emergency` and `--exposed-at`: replace at once what was exposed, and leave a report that shows it. */
import { resolve } from "node:path";
import { type Service } from "../../../services/service";
import { requireReportPath, writeReport, type ReportTarget } from "../../env-file/private-file";
import { formatRotationReport } from "../../reports/rotation";
import { rotationMarkdown } from "../../reports/rotation-markdown";
import { hanging } from "../../reports/text";
import {
  BOOTSTRAP_TOKENS,
  exposureReport,
  findExposed,
  parseExposure,
  type ExposedCredential,
  type Exposure,
} from "../../rotation/exposure";
import { type RotationReport } from "../../rotation/report";
import { type Session } from "../../session";
import { type CommandContext } from "../command";
import { type Deliver } from "./rotate-delivery";

/** What was exposed, as far as anybody said. */
export interface Incident {
  readonly exposure: Exposure;
  /** Every selected credential, in the order in which they are to be rotated. */
  readonly credentials: readonly ExposedCredential[];
}

/**
 * Works out what was exposed; changes nothing. Throws usage errors for a word that is no place and no date, and where the file for the evidence
 * could not be written: after the rotation it would be too late to say so.
 */
export async function findIncident(
  word: string,
  evidenceFile: string | undefined,
  services: readonly Service[],
  session: Session,
  { dependencies, output, width }: CommandContext,
): Promise<Incident> {
  if (evidenceFile !== undefined) await requireReportPath(evidenceTarget(evidenceFile, dependencies.directory));
  const exposure = parseExposure(word, dependencies.now());
  const { intake } = await session.intake.require();
  const published = await session.openPublished();
  const isPlace = "place" in exposure && exposure.place !== "env-file";
  const credentials = findExposed(exposure, {
    services,
    intake,
    credentialOf: (service) => session.credentialOf(service),
    published: Object.keys(published.environmentVariables),
    entries: isPlace ? await session.destinations().list() : [],
    fingerprints: (await session.stack().outputs())?.fingerprints ?? {},
  });
  output.talk(`Exposed at ${word}, in the order of their rotation:`);
  for (const { service, isExposed, reason } of credentials)
    output.talk(hanging(`  ${service.padEnd(10)} ${isExposed ? "exposed" : "not exposed"}: `, reason, width));
  return { exposure, credentials };
}

/** The result of an emergency: what every rotation shows, what is left for a person, and the evidence, which is written here. */
export async function showEmergency(
  report: RotationReport,
  incident: Incident | undefined,
  evidenceFile: string | undefined,
  context: CommandContext,
  deliver: Deliver,
): Promise<void> {
  const evidence = incident && (await writeEvidence(incident, report, evidenceFile, context));
  const said = evidence === undefined ? {} : { evidence };
  const lines = [
    ...[
      formatRotationReport(report, context.width),
      "",
      "Last, by hand: the tokens with which this tool works, in this order",
    ],
    ...BOOTSTRAP_TOKENS.map(({ variable, instruction }) => hanging(`  ${variable}: `, instruction, context.width)),
    ...(evidence === undefined ? [] : ["", `Evidence: ${evidence}`]),
  ];
  const whole = { ...report, bootstrapTokens: BOOTSTRAP_TOKENS, ...said };
  await deliver(whole, lines.join("\n"), rotationMarkdown(report));
}

/** For this user only: it says which of the stack's credentials were where, and when. Returns the file's path. */
async function writeEvidence(
  { exposure, credentials }: Incident,
  report: RotationReport,
  file: string | undefined,
  { dependencies }: CommandContext,
): Promise<string> {
  const stamp = new Date(dependencies.now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const target = evidenceTarget(file ?? `secrets_exposure_${stamp}.json`, dependencies.directory);
  const evidence = dependencies.redactor.redactDeep(exposureReport(exposure, credentials, report));
  await writeReport(target, `${JSON.stringify(evidence, null, 2)}\n`);
  return target.path;
}

function evidenceTarget(file: string, directory: string): ReportTarget {
  const hint = "Name another file with --evidence.";
  return { path: resolve(directory, file), shown: file, code: "rotation.evidence_unwritable", hint };
}
