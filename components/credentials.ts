/** What comes of the catalogue in this stack? The slots of every service that rotates, and the variables that consumers read. */
import * as pulumi from "@pulumi/pulumi";
import { type Intake } from "../automation/esc/intake";
import { type Settings } from "../automation/settings";
import { type Service } from "../services/service";
import { credentialBy, variablesOf } from "../services/select";
import { plainValue, resolveVariables, type ConsumerVariable } from "./consumer-variables";
import { CredentialSlots } from "./credential-slots";
import { type GeneratedMaterial } from "./esc-definitions";
import { type Providers } from "./providers";

/** What {@link createCredentials} works with. */
export interface CredentialsArgs {
  readonly settings: Settings;
  readonly intake: Intake;
  readonly providers: Providers;
}

/** The credentials of a stack. */
export interface Credentials {
  /** One component for each service that rotates: a destination waits for them, so that nobody reads what does not work yet. */
  readonly slots: readonly CredentialSlots[];
  /** What the program itself made; secret. */
  readonly generated: pulumi.Output<GeneratedMaterial>;
  readonly variables: readonly ConsumerVariable[];
  /** Names of the variables that programs need and that have no value. */
  readonly missing: readonly string[];
}

/** Makes the slots of every service and resolves every variable, in the order of the catalogue. */
export function createCredentials(catalogue: readonly Service[], args: CredentialsArgs): Credentials {
  const made = catalogue.map((service) => createService(service, args));
  const slots = made.flatMap(({ component }) => component ?? []);
  const generated = made.flatMap(({ service, component }) =>
    component && Object.keys(component.generated).length > 0 ? [[service.name, component.generated] as const] : [],
  );
  return {
    slots,
    generated: pulumi.secret(pulumi.output(Object.fromEntries(generated))),
    variables: made.flatMap(({ variables }) => variables),
    missing: made.flatMap(({ missing }) => missing),
  };
}

function createService(service: Service, args: CredentialsArgs) {
  const { intake, settings } = args;
  const record = intake.rotation(service.name);
  const component = service.rotation && createSlots(service, args);
  const { current: slot } = record;
  const material = component?.material[slot];
  const credential = credentialBy(service, record.slots[slot]?.strategy);
  const sources = {
    ...{ service, intake, settings },
    ...(credential ? { credential } : {}),
    ...(material ? { current: { slot, material } } : {}),
  };
  return { service, component, ...resolveVariables(sources) };
}

/** The slots of one service, each by the strategy with which it was staged. */
function createSlots(service: Service, { settings, intake, providers }: CredentialsArgs): CredentialSlots {
  const { name } = service;
  const given = variablesOf(service).flatMap((variable) => {
    const value = variable.secret ? undefined : plainValue(variable, { intake, settings });
    return value === undefined ? [] : [[variable.name, value] as const];
  });
  const state = { record: intake.rotation(name), intake: intake.service(name), values: Object.fromEntries(given) };
  return new CredentialSlots(name, { service, settings, providers, ...state });
}
