/** What does the catalogue say about …? Pure queries over the list of services. */
import { services, type ServiceName } from "./index";
import { type Credential, type Destination, type Service, type Variable } from "./service";

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
    case "snowflake-password":
      return [credential.variables.user, credential.variables.password];
    case "vercel-user-token":
    case "estuary-token":
      return [credential.variables.token];
    case "provided":
      return credential.variables;
  }
}
