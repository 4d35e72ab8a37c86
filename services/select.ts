/** What does the catalogue say about …? Pure queries over the list of services. */
import { services, type ServiceName } from "./index";
import { type Credential, type Destination, type Rotation, type Service, type Variable } from "./service";

/** A declared variable together with its name and the service that it belongs to. */
export interface DeclaredVariable extends Variable {
  readonly name: string;
  readonly service: ServiceName;
}

/** The variables of one service, in the order of their declaration. */
export function variablesOf(service: Service): readonly DeclaredVariable[] {
  return Object.entries(service.variables).map(([name, variable]) => ({
    ...variable,
    name,
    service: service.name as ServiceName,
  }));
}

/** Every declared variable that goes to the destination. */
export function variablesFor(destination: Destination, catalogue: readonly Service[] = services): DeclaredVariable[] {
  return catalogue.flatMap(variablesOf).filter((variable) => variable.destinations.includes(destination));
}

/** The service that declares the variable, if one does. */
export function findOwner(variable: string, catalogue: readonly Service[] = services): Service | undefined {
  return catalogue.find((service) => Object.hasOwn(service.variables, variable));
}

/** The service of that name, if there is one. */
export function findService(name: string): (typeof services)[number] | undefined {
  return services.find((service) => service.name === name);
}

/** The services with a credential that rotates. */
export function rotatingServices(): readonly (typeof services)[number][] {
  return services.filter((service) => service.rotation !== undefined);
}

/** The names of the variables that change when the credential does, those with the same value by `sameAs` included. */
export function credentialVariables(service: Service, credential: Credential): readonly string[] {
  const own = materialOf(credential);
  const twins = variablesOf(service).filter((variable) => variable.sameAs && own.includes(variable.sameAs));
  return [...own, ...twins.map((variable) => variable.name)];
}

/** The names of the variables of which a slot's material consists. */
export function materialOf(credential: Credential): readonly string[] {
  switch (credential.kind) {
    case "snowflake-user":
      return Object.values(credential.variables);
    case "vercel-user-token":
    case "estuary-token":
      return [credential.variables.token];
    case "provided":
      return credential.variables;
  }
}

/** The strategy by which a slot was made: what its record says, else the first one, as in records of the time when there was no other. */
export function strategyOf({ strategies }: Rotation, recorded: string | undefined): string {
  return recorded ?? Object.keys(strategies)[0] ?? "";
}

/** How a record names this credential of the service; undefined where there is nothing to choose from, so that records name none. */
export function strategyNameOf({ rotation }: Service, credential: Credential): string | undefined {
  const strategies = Object.entries(rotation?.strategies ?? {});
  return strategies.length < 2 ? undefined : strategies.find(([, one]) => one === credential)?.[0];
}

/** The credential of a slot whose record names this strategy, or none. Undefined for a service that does not rotate, or not so. */
export function credentialBy({ rotation }: Service, recorded: string | undefined): Credential | undefined {
  return rotation?.strategies[strategyOf(rotation, recorded)];
}

/**
 * Whether programs cannot work without the variable while the credential in use is this one. What only another strategy makes is not needed,
 * what this one makes is.
 */
export function isRequired(service: Service, variable: DeclaredVariable, credential: Credential | undefined): boolean {
  const name = variable.sameAs ?? variable.name;
  return isMadeBySome(service, name) && credential ? materialOf(credential).includes(name) : !variable.optional;
}

/**
 * Whether a value that somebody has put in for the variable stands for a credential of a strategy that is not in use. Programs would take it
 * for theirs, and be refused; one of an optional variable they know to ignore.
 */
export function isOutOfUse(service: Service, variable: DeclaredVariable, credential: Credential | undefined): boolean {
  const name = variable.sameAs ?? variable.name;
  return isMadeBySome(service, name) && !variable.optional && !isRequired(service, variable, credential);
}

function isMadeBySome({ rotation }: Service, name: string): boolean {
  return Object.values(rotation?.strategies ?? {}).some((credential) => materialOf(credential).includes(name));
}

/** What is wrong with a catalogue beyond what its types catch: one sentence a fault, none for a sound one. */
export function catalogueFaults(catalogue: readonly Service[]): string[] {
  return [
    ...repeated(catalogue.map(({ name }) => name)).map((name) => `two services are called ${name}`),
    ...repeated(catalogue.flatMap(claimedNames)).map((name) => `${name} is claimed twice, as a variable or an alias`),
    ...repeated(catalogue.flatMap(configKeys)).map((key) => `the configuration key ${key} is claimed twice`),
    ...catalogue.flatMap((service) => [
      ...(/^[a-z][a-z0-9-]*$/.test(service.name) ? [] : [`service ${service.name} is not one lower-case word`]),
      ...variablesOf(service).flatMap((variable) => variableFaults(variable, service)),
      ...captureFaults(service),
      ...(service.rotation && Object.keys(service.rotation.strategies).length === 0
        ? [`service ${service.name} rotates by no strategy`]
        : []),
    ]),
  ];
}

function claimedNames(service: Service): string[] {
  return variablesOf(service).flatMap(({ name, aliases }) => [name, ...aliases]);
}

function configKeys(service: Service): string[] {
  const keys = [...variablesOf(service).map(({ config }) => config), service.rotation?.config];
  return keys.filter((key) => key !== undefined);
}

/** A twin stands for a variable of its own: equally secret, going nowhere that the other may not. */
function variableFaults({ name, secret, sameAs, defaultValue }: DeclaredVariable, service: Service): string[] {
  const faults = [
    ...(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name) ? [] : [`${name} is not in capitals`]),
    ...(secret && defaultValue !== undefined ? [`${name} is secret and has a value in the catalogue`] : []),
  ];
  if (sameAs === undefined) return faults;
  const twin = service.variables[sameAs];
  if (!twin || twin.sameAs !== undefined) return [...faults, `${name} is the same as ${sameAs}, which has no value`];
  return twin.secret === secret ? faults : [...faults, `${name} and ${sameAs} are the same, and only one is secret`];
}

/** A step and a check can use only what an earlier one has captured. */
function captureFaults({ name, probe }: Service): string[] {
  if (probe.kind !== "http") return [];
  const steps = probe.steps.map((step) => ({ used: capturedNames(step), kept: step.capture ? [step.capture.as] : [] }));
  const checks = (probe.deep ?? []).map((check) => ({
    used: [...capturedNames(check), ...(check.kind === "newest" ? check.of : [])],
    kept: check.kind === "rows" ? Object.keys(check.capture ?? {}) : [],
  }));
  return [steps, checks].flatMap((ones) => {
    const known = new Set<string>();
    return ones.flatMap(({ used, kept }) => {
      const unknown = used.filter((word) => !known.has(word));
      for (const word of kept) known.add(word);
      return unknown.map((word) => `the probe of ${name} uses ${word}, which no earlier step captures`);
    });
  });
}

function capturedNames(declared: object): string[] {
  return [...JSON.stringify(declared).matchAll(/"captured":"([^"]*)"/g)].map(([, word = ""]) => word);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
