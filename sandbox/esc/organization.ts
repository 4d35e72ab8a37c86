/** Who belongs to the organization, who may do what with its environments, and who has opened one? State of the ESC stand-in for a console's pages. */
import { randomUUID } from "node:crypto";

/** What somebody may do with an environment; each includes those before it. */
export type EscPermission = "none" | "read" | "open" | "write" | "admin";

/** A member. */
export interface EscMember {
  readonly login: string;
  readonly role: "member" | "admin" | "billing-manager";
  /** ISO. */
  readonly created: string;
  /** The name of a custom role. */
  readonly customRole?: string;
}

/** An access token, as lists show it: never its value. */
export interface EscAccessToken {
  readonly name: string;
  readonly createdBy: string;
  /** ISO. */
  readonly created: string;
  /** Seconds since 1970; 0 for never. */
  readonly lastUsed?: number;
  /** Seconds since 1970; 0 for no end. */
  readonly expires?: number;
  readonly admin?: boolean;
}

/** A team with what it may do. */
export interface EscTeam {
  readonly name: string;
  readonly members: readonly string[];
  readonly environments: readonly {
    readonly projectName: string;
    readonly envName: string;
    readonly permission: EscPermission;
  }[];
  readonly tokens?: readonly EscAccessToken[];
}

/** An entry of the audit log. */
export interface EscAuditEvent {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly sourceIP: string;
  readonly event: string;
  readonly description: string;
  readonly login: string;
  readonly tokenName?: string;
  readonly authFailure?: boolean;
}

/** The organization; a spec may change all of it. */
export interface EscOrganization {
  defaultEnvironmentPermission: EscPermission;
  /** Teams and the audit log come with `enterprise`. */
  edition: "team" | "enterprise";
  members: readonly EscMember[];
  teams: readonly EscTeam[];
  tokens: readonly EscAccessToken[];
  /** Of the one user behind the tokens that are let in. */
  personalTokens: readonly EscAccessToken[];
  /** In the order in which they happened. */
  readonly events: EscAuditEvent[];
}

/** An organization with one member, who administers it. */
export function newOrganization(login: string): EscOrganization {
  const created = "2024-01-02T03:04:05.000Z";
  return {
    defaultEnvironmentPermission: "none",
    edition: "enterprise",
    members: [{ login, role: "admin", created }],
    teams: [],
    tokens: [],
    personalTokens: [{ name: "sandbox", createdBy: login, created }],
    events: [],
  };
}

/** As https://www.pulumi.com/docs/reference/cloud-rest-api/schema/organizationmember/ has it. */
export function memberBody({ login, role, created, customRole }: EscMember): object {
  const name = customRole ?? (role === "billing-manager" ? "billingManager" : role);
  return {
    ...{ role, created, knownToPulumi: true, virtualAdmin: false, user: userBody(login) },
    fgaRole: { id: randomUUID(), name, modifiedAt: created },
  };
}

/** Name, login and picture. */
export function userBody(login: string): object {
  return { name: login, githubLogin: login, avatarUrl: "" };
}

/** As https://www.pulumi.com/docs/reference/cloud-rest-api/schema/accesstoken/ has it. */
export function tokenBody(type: string, token: EscAccessToken): object {
  const { name, createdBy, created, lastUsed = 0, expires = 0, admin = false } = token;
  return { id: `id-${type}-${name}`, type, name, description: "", createdBy, created, lastUsed, expires, admin };
}

/** As https://www.pulumi.com/docs/reference/cloud-rest-api/schema/auditlogevent/ has it. */
export function eventBody({ login, ...event }: EscAuditEvent): object {
  return { ...event, user: userBody(login) };
}
