/** The Pulumi program: settings and intake in, components from the catalogue, names, revisions, counts and fingerprints out. */
import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { EscClient } from "./automation/esc/client";
import { type Intake } from "./automation/esc/intake";
import { IntakeStore } from "./automation/esc/store";
import { type GitHubIntake } from "./automation/esc/intake-destinations";
import { systemHttp } from "./automation/http";
import { refuseControlTokens } from "./automation/self-rotation";
import { parseSettings, type Settings } from "./automation/settings";
import { githubPlaces, withDestinations, type GitHubPlace } from "./automation/sync/desired";
import { placeName } from "./automation/sync/targets";
import { plainValue, resolveVariables, type ConsumerVariable } from "./components/consumer-variables";
import { CredentialSlots } from "./components/credential-slots";
import { EscEnvironment } from "./components/esc-environment";
import { type DestinationVariable, GitHubActionsSecrets } from "./components/github-actions-secrets";
import { GitHubOrganizationSecrets } from "./components/github-organization-secrets";
import { createProviders } from "./components/providers";
import { VercelEnvironmentVariables } from "./components/vercel-environment-variables";
import { services } from "./services";
import { type Destination, type Service } from "./services/service";
import { variablesOf } from "./services/select";

/** `requested` stands for the intake's own GitHub section in a preview of what is not written yet. */
async function sophiaSecrets(requested?: GitHubIntake): Promise<Record<string, unknown>> {
  const config = new pulumi.Config("sophia");
  const own = parseSettings(pulumi.getStack(), (key) => readConfig(config, key), process.env);
  const { intake } = await readIntake(own);
  refuseControlTokens(intake, own);
  const settings = withDestinations(own, requested ?? intake.github);
  const providers = createProviders(settings, {});

  const slots = new Map<string, CredentialSlots>();
  const variables: ConsumerVariable[] = [];
  const missing: string[] = [];
  for (const service of services as readonly Service[]) {
    const made = service.rotation && createSlots(service, service.rotation, { settings, intake, providers });
    if (made) slots.set(service.name, made);
    const current = intake.rotation(service.name).current;
    const material = made?.material[current];
    const resolved = resolveVariables({
      service,
      intake,
      settings,
      ...(material ? { current: { slot: current, material } } : {}),
    });
    variables.push(...resolved.variables);
    missing.push(...resolved.missing);
  }

  const ready = { dependsOn: [...slots.values()] };
  const key = new random.RandomPassword("fingerprint-key", { length: 43, special: false }).result;
  const { organization, escProject: project, environments, vercel } = settings;
  const generated = [...slots].filter(([, made]) => Object.keys(made.generated).length > 0);
  const material = pulumi.secret(
    pulumi.output(Object.fromEntries(generated.map(([name, made]) => [name, made.generated]))),
  );
  const published = Object.fromEntries(variables.map((variable) => [variable.name, variable.published]));
  const esc = new EscEnvironment(
    "esc",
    { organization, project, environments, material, fingerprintKey: key, variables: published },
    { ...ready, providers: [providers.esc] },
  );
  const forGitHub = destined(variables, "github");
  for (const place of githubPlaces(settings)) {
    createGitHubPlace(place, forGitHub, { ...ready, providers: [providers.github] });
  }
  const forVercel = destined(variables, "vercel");
  new VercelEnvironmentVariables(
    "vercel",
    { projectId: vercel.project, targets: vercel.targets, variables: forVercel },
    { ...ready, providers: [providers.vercel] },
  );

  return {
    environment: `${organization}/${project}/${environments.published}`,
    secretsRevision: esc.secretsRevision,
    publishedRevision: esc.publishedRevision,
    destinations: {
      esc: variables.map(({ name }) => name),
      github: forGitHub.map(({ name }) => name),
      vercel: forVercel.map(({ name }) => name),
    },
    missing,
    fingerprints: fingerprints(variables, key),
  };
}

/** The slots of one service under the strategy that the stack has chosen. */
function createSlots(
  service: Service,
  rotation: NonNullable<Service["rotation"]>,
  {
    settings,
    intake,
    providers,
  }: { settings: Settings; intake: Intake; providers: ReturnType<typeof createProviders> },
): CredentialSlots {
  const credential = rotation.strategies[settings.strategies[service.name] ?? ""];
  if (!credential) throw new Error(`service ${service.name}: no strategy is chosen`);
  const given = variablesOf(service).flatMap((variable) => {
    const value = variable.secret ? undefined : plainValue(variable, { intake, settings });
    return value === undefined ? [] : [[variable.name, value] as const];
  });
  const name = service.name;
  return new CredentialSlots(
    name,
    {
      service: name,
      credential,
      record: intake.rotation(name),
      intake: intake.service(name),
      settings,
      providers,
      values: Object.fromEntries(given),
    },
    {},
  );
}

/** Names are identities: the command line finds a place's resources by them (`automation/sync/targets.ts`). */
function createGitHubPlace(
  place: GitHubPlace,
  variables: readonly DestinationVariable[],
  opts: pulumi.ComponentResourceOptions,
): void {
  if (place.kind === "organization") {
    const { visibility, repositories } = place;
    new GitHubOrganizationSecrets(placeName(place), { visibility, repositories, variables }, opts);
  } else {
    const { kind: _kind, ...where } = place;
    new GitHubActionsSecrets(placeName(place), { ...where, variables }, opts);
  }
}

function destined(variables: readonly ConsumerVariable[], destination: Destination): ConsumerVariable[] {
  return variables.filter(({ destinations }) => destinations.includes(destination));
}

/** Keyed (a bare hash of a weak secret could be guessed), the same for equal values of one variable, so that places can be compared. */
function fingerprints(variables: readonly ConsumerVariable[], key: pulumi.Output<string>) {
  const entries = variables.map(({ name, value }) => {
    const digest = pulumi
      .all([key, value])
      .apply(([secretKey, text]) => createHmac("sha256", secretKey).update(text).digest("hex"));
    return [name, pulumi.unsecret(digest.apply((hex) => hex.slice(0, 12)))] as const;
  });
  return Object.fromEntries(entries);
}

async function readIntake(settings: Settings): Promise<{ readonly intake: Intake }> {
  const { organization, escProject: project, endpoints, tokens, environments } = settings;
  const client = new EscClient({ url: endpoints.esc, token: tokens.pulumi, organization, project, http: systemHttp() });
  return new IntakeStore(client, environments.intake).require();
}

/** Lists come as JSON text, everything else as text. */
function readConfig(config: pulumi.Config, key: string): unknown {
  const text = config.get(key);
  return text?.startsWith("[") ? config.getObject(key) : text;
}

export = sophiaSecrets;
