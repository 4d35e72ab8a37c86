/** What does a command act on? Settings, ESC, the stack, probes and destinations of one stack, each opened when it is first needed. */
import { services } from "../services";
import { type Credential, type Service, type SlotName, type Usage } from "../services/service";
import { variablesOf } from "../services/select";
import { createDestinationReader, type DestinationReader } from "./destinations";
import { AutomationError, EXIT } from "./errors";
import { EscClient } from "./esc/client";
import { IntakeStore } from "./esc/store";
import { type HttpDependencies } from "./http";
import { runDeepProbe } from "./probes/deep";
import { runProbe } from "./probes/run";
import { type ProbeResult } from "./probes/result";
import { findPolicyPack } from "./policy";
import { type Redactor } from "./redact";
import { redeploy, type Redeployment } from "./redeploy";
import { type PublishedValues } from "./rotation/world";
import { readLastUses, type LastUses, type UsageQuestion } from "./rotation/usage";
import { removeLeftovers, type InterruptedSlot } from "./rotation/leftovers";
import { parseSettings, type NeededTokens, type Settings } from "./settings";
import { StackDriver, type ResourceChange } from "./stack";
import { readStackFile } from "./stack-file";
import { type StackResource } from "./stack-state";
import { withDestinations } from "./sync/desired";
import { PlaceReader } from "./sync/place-reader";

/** The injected outside world. */
export interface SessionDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly http: HttpDependencies;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** Takes a line on each engine step and each log-in. @default nobody is told */
  readonly tellDetail?: (line: string) => void;
}

/** How the stack is driven. */
export interface StackOptions {
  /** Told of every resource change as it begins. */
  readonly onChange?: ((change: ResourceChange) => void) | undefined;
  /** Told how far a resource is that takes long. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Folder of the policies that it must keep. */
  readonly policyPack?: string | undefined;
  /** A lock that was there before is another's who is dead. @default false */
  readonly takeOver?: boolean | undefined;
}

/** One stack in one run of the command line. */
export class Session {
  readonly settings: Settings;
  readonly esc: EscClient;
  readonly intake: IntakeStore;
  private readonly projectDirectory: string;
  private readonly configFile: string | undefined;

  /** Reads the settings; throws a usage error that lists what is wrong with them. Touches nothing outside. */
  constructor(
    readonly stackName: string,
    private readonly dependencies: SessionDependencies,
    needed?: NeededTokens,
  ) {
    const { environment, directory, http, redactor, signal } = dependencies;
    this.configFile = environment.PULUMI_OPTION_CONFIG_FILE;
    const file = readStackFile(stackName, directory, this.configFile);
    this.projectDirectory = file.projectDirectory;
    this.settings = parseSettings(stackName, file.read, environment, needed);
    const { tokens, endpoints, organization, escProject: project, environments } = this.settings;
    redactor.addAll([tokens.pulumi, tokens.github, tokens.vercel, tokens.estuary, tokens.snowflakePassword]);
    this.esc = new EscClient({ url: endpoints.esc, token: tokens.pulumi, organization, project, http, signal });
    // Without the signal: a write that has begun is finished, and an interrupted run gives its lock back.
    const lasting = new EscClient({ url: endpoints.esc, token: tokens.pulumi, organization, project, http });
    this.intake = new IntakeStore(lasting, environments.intake);
  }

  /** Throws when the user has interrupted the run. */
  throwIfInterrupted(): void {
    this.dependencies.signal.throwIfAborted();
  }

  /** Shows that ESC answers and takes the token, before anything is changed. Throws a usage error otherwise. */
  async checkEsc(): Promise<void> {
    await this.esc.userName();
  }

  /** The Pulumi stack. */
  stack({ onChange, onProgress, policyPack, takeOver = false }: StackOptions = {}): StackDriver {
    const { now, signal, tellDetail, directory, environment } = this.dependencies;
    return new StackDriver({
      stack: this.stackName,
      environment,
      projectDirectory: this.projectDirectory,
      now,
      signal,
      takeOver,
      isBroughtAbout: async () => (await this.esc.open(this.settings.environments.published)) !== undefined,
      ...(this.configFile === undefined ? {} : { configFile: this.configFile }),
      ...(policyPack === undefined ? {} : { policies: findPolicyPack(policyPack, directory) }),
      ...(onChange ? { onChange } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(tellDetail ? { tellDetail } : {}),
    });
  }

  /** The credential that the settings choose for a service that rotates. */
  credentialOf(service: Service): Credential {
    const credential = service.rotation?.strategies[this.settings.strategies[service.name] ?? ""];
    if (credential) return credential;
    throw new AutomationError({
      code: "service.no_rotation",
      exitCode: EXIT.usage,
      message: `${service.title} has no credential that rotates.`,
    });
  }

  /** What consumers read, and the slots behind it. Every secret in it is known to the redactor from here on. */
  async openPublished(): Promise<PublishedValues> {
    const name = this.settings.environments.published;
    const values = await this.esc.open(name);
    if (!values) {
      throw new AutomationError({
        code: "published.missing",
        exitCode: EXIT.notFound,
        message: `There is no ESC environment ${this.esc.fullName(name)} yet.`,
        hint: `Create it with: npx sophia-secrets up --stack ${this.stackName}`,
        stack: this.stackName,
      });
    }
    const published = readPublished(values);
    for (const service of services) {
      for (const variable of variablesOf(service).filter(({ secret }) => secret)) {
        this.dependencies.redactor.add(published.environmentVariables[variable.name]);
        for (const slot of Object.values(published.slots[service.name] ?? {}))
          this.dependencies.redactor.add(slot[variable.name]);
      }
    }
    return published;
  }

  /** Probes one service with the given values; `deep` runs the checks that it declares too. */
  async probe(
    service: Service,
    values: Readonly<Record<string, string>>,
    { deep = false, ...options }: { readonly retryRejected?: number; readonly deep?: boolean } = {},
  ): Promise<ProbeResult> {
    const { http, now, signal, tellDetail } = this.dependencies;
    const context = { endpoints: this.settings.endpoints, http, now, signal, ...options };
    const result = await (deep ? runDeepProbe : runProbe)(service, values, context);
    const { outcome, attempts, durationMs } = result;
    tellDetail?.(`probe ${service.name} ${outcome}, attempts ${attempts}, ${durationMs} ms`);
    return result;
  }

  /** When two credentials were last used, as the service says. Throws where it does not answer. */
  async lastUses(usage: Usage, question: UsageQuestion): Promise<LastUses> {
    const { http, signal } = this.dependencies;
    return readLastUses(usage, question, { settings: this.settings, http, signal });
  }

  /** What GitHub and Vercel list, at the places of the settings and of the intake that is given, or is there at that moment. */
  destinations(): DestinationReader {
    const { http, signal } = this.dependencies;
    return {
      list: async (known) => {
        const { github: added } = known ?? (await this.intake.require()).intake;
        return createDestinationReader(withDestinations(this.settings, added), http, signal).list();
      },
    };
  }

  /** Removes what a run that died left at a service; `resources` are those of Pulumi's state. */
  clearLeftovers(interrupted: InterruptedSlot, resources: readonly StackResource[]): Promise<readonly string[]> {
    return removeLeftovers(interrupted, { settings: this.settings, http: this.dependencies.http, resources });
  }

  /** Builds what runs at Vercel again, so that it reads what is there now. */
  redeploy(sleep: (milliseconds: number) => Promise<void>): Promise<readonly Redeployment[]> {
    const { http, now } = this.dependencies;
    return redeploy({ settings: this.settings, http, now, sleep });
  }

  /** What one place holds, before something is written to it. */
  placeReader(): PlaceReader {
    return new PlaceReader(this.settings, this.dependencies.http, this.dependencies.signal);
  }

  /** The values with which the platforms themselves are probed: controlling tokens are no published variables. */
  controlValues(): Readonly<Record<string, string>> {
    const { tokens } = this.settings;
    return { GITHUB_TOKEN: tokens.github, PULUMI_ACCESS_TOKEN: tokens.pulumi };
  }
}

function readPublished(values: Readonly<Record<string, unknown>>): PublishedValues {
  const services = asRecord(values.services);
  const slots = Object.entries(services).map(([service, content]) => {
    const perSlot = Object.entries(asRecord(asRecord(content).slots));
    return [service, Object.fromEntries(perSlot.map(([slot, material]) => [slot, asTexts(material)]))];
  });
  return {
    environmentVariables: asTexts(values.environmentVariables),
    slots: Object.fromEntries(slots) as Record<string, Partial<Record<SlotName, Record<string, string>>>>,
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function asTexts(value: unknown): Record<string, string> {
  const texts = Object.entries(asRecord(value)).flatMap(([key, text]) =>
    typeof text === "string" || typeof text === "number" || typeof text === "boolean" ? [[key, String(text)]] : [],
  );
  return Object.fromEntries(texts) as Record<string, string>;
}
