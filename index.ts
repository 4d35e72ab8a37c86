/** The Pulumi program: settings and intake in, components from the catalogue, names, revisions and fingerprints out. */
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { EscClient } from "./automation/esc/client";
import { type Intake } from "./automation/esc/intake";
import { IntakeStore } from "./automation/esc/store";
import { systemHttp } from "./automation/http";
import { type ProgramRequest } from "./automation/program-request";
import { undecidedError, undecidedServices, withFirstStrategies } from "./automation/rotation/strategies";
import { refuseControlTokens } from "./automation/self-rotation";
import { parseSettings, type Settings } from "./automation/settings";
import { githubPlaces, withDestinations } from "./automation/sync/desired";
import { createCredentials } from "./components/credentials";
import { EscEnvironment } from "./components/esc-environment";
import { fingerprints } from "./components/fingerprints";
import { createGitHubPlace } from "./components/github-place";
import { createProviders } from "./components/providers";
import { VercelEnvironmentVariables } from "./components/vercel-environment-variables";
import { services } from "./services";
import { type Destination } from "./services/service";

/** Tokens and endpoints come from the environment. */
async function sophiaSecrets(
  request: ProgramRequest = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, unknown>> {
  const { requested, records = {}, order, importVariables } = request;
  const config = new pulumi.Config("sophia");
  const own = parseSettings(pulumi.getStack(), (key) => readConfig(config, key), environment);
  const written = await readIntake(own, environment);
  const intake: Intake = { ...written, rotation: (name) => records[name] ?? written.rotation(name) };
  refuseControlTokens(intake, own);
  const settings = withDestinations(own, requested ?? intake.github);

  const providers = createProviders(settings, {});
  const { slots, generated, variables, missing } = createCredentials(services, { settings, intake, providers });
  const destined = (place: Destination) => variables.filter(({ destinations }) => destinations.includes(place));
  const ready = { dependsOn: [...slots] };
  const fingerprintKey = new random.RandomPassword("fingerprint-key", { length: 43, special: false }).result;

  const { organization, escProject: project, environments, vercel } = settings;
  const published = Object.fromEntries(variables.map((variable) => [variable.name, variable.published]));
  const esc = new EscEnvironment(
    "esc",
    { organization, project, environments, material: generated, fingerprintKey, variables: published },
    { ...ready, providers: [providers.esc] },
  );
  const marks = fingerprints(variables, fingerprintKey);
  const batch = { owner: settings.github.owner, fingerprints: marks, ...(order ? { order } : {}) };
  const writing = settings.github.writer === "batch" ? { batch } : { ...(importVariables ? { importVariables } : {}) };
  for (const place of githubPlaces(settings)) {
    createGitHubPlace(place, destined("github"), writing, { ...ready, providers: [providers.github] });
  }
  new VercelEnvironmentVariables(
    "vercel",
    { projectId: vercel.project, targets: vercel.targets, variables: destined("vercel") },
    { ...ready, providers: [providers.vercel] },
  );

  const namesAt = (place: Destination) => destined(place).map(({ name }) => name);
  return {
    environment: `${organization}/${project}/${environments.published}`,
    secretsRevision: esc.secretsRevision,
    publishedRevision: esc.publishedRevision,
    destinations: { esc: namesAt("esc"), github: namesAt("github"), vercel: namesAt("vercel") },
    missing,
    fingerprints: marks,
  };
}

async function readIntake(settings: Settings, environment: NodeJS.ProcessEnv): Promise<Intake> {
  const { organization, escProject: project, endpoints, tokens, environments } = settings;
  const http = systemHttp(environment);
  const client = new EscClient({ url: endpoints.esc, token: tokens.pulumi, organization, project, http });
  const { intake } = await new IntakeStore(client, environments.intake).require();
  const undecided = undecidedServices(intake, settings);
  if (undecided.length === 0 || (await client.read(environments.published))) return intake;
  if (pulumi.runtime.isDryRun()) return withFirstStrategies(intake, settings);
  throw undecidedError(undecided, settings.stack);
}

/** Lists come as JSON text, everything else as text. */
function readConfig(config: pulumi.Config, key: string): unknown {
  const text = config.get(key);
  return text?.startsWith("[") ? config.getObject(key) : text;
}

export = sophiaSecrets;
