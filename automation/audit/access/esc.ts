/** Who may open the stack's ESC environments? https://www.pulumi.com/docs/esc/administration/access-control/ */
import { isoTime } from "../ledger";
import { known, readPlace, secondsToIso, type Accessor, type AccessPlace, type AccessWorld, type Found } from "./place";

interface Member {
  readonly role: string;
  readonly created?: string;
  readonly user: { readonly githubLogin: string };
  readonly fgaRole?: { readonly name: string };
}

interface Team {
  readonly name: string;
  readonly members?: readonly { readonly githubLogin: string; readonly role?: string }[];
  readonly environments?: readonly {
    readonly projectName: string;
    readonly envName: string;
    readonly permission: string;
    readonly permissionSetName?: string;
  }[];
}

interface Token {
  readonly name: string;
  readonly createdBy?: string;
  readonly created?: string;
  readonly lastUsed?: number;
  readonly expires?: number;
  readonly admin?: boolean;
  readonly role?: { readonly name?: string };
}

const ADMIN = "PULUMI_ACCESS_TOKEN must be one of an admin of the organization.";
const EDITION = `Teams come with the Enterprise editions, and ${ADMIN}`;

/** Members, teams with a permission on one of the stack's environments, and tokens. */
export function readEscAccess(world: AccessWorld): Promise<AccessPlace>[] {
  const { organization } = world.settings;
  return [
    readPlace(`esc members of ${organization}`, ADMIN, () => members(world)),
    readPlace(`esc teams of ${organization}`, EDITION, () => teams(world)),
    readPlace(`esc tokens of ${organization}`, ADMIN, () => tokens(world)),
  ];
}

async function members(world: AccessWorld): Promise<Found> {
  const { defaultEnvironmentPermission: byDefault } = await world.api.json<{ defaultEnvironmentPermission?: string }>(
    ask(world, ""),
  );
  const listed = await world.api.continued<Member>(ask(world, "/members?type=frontend"), "members");
  const everybody =
    byDefault === undefined ? "what the organization gives its members" : `${byDefault} on every environment`;
  return {
    accessors: listed.map(({ user, role, fgaRole, created }) => ({
      ...{ who: user.githubLogin, kind: "user" },
      how: role === "admin" ? "admin: every environment" : `${fgaRole?.name ?? role}: ${everybody}`,
      ...known({ since: isoTime(created) }),
    })),
    notes: [
      "Each member can make personal tokens with the same rights; no API lists those of others.",
      "Custom roles and grants on one environment for one member are not shown by the API: look at the environment's page.",
    ],
  };
}

async function teams(world: AccessWorld): Promise<Found> {
  const { teams: listed } = await world.api.json<{ teams: readonly Team[] }>(ask(world, "/teams"));
  const found = await Promise.all(
    listed.map(async ({ name }): Promise<Accessor[]> => {
      const team = await world.api.json<Team>(ask(world, `/teams/${encodeURIComponent(name)}`));
      const how = permissionsOf(team, world);
      if (how === "") return [];
      const url = `/teams/${encodeURIComponent(name)}/tokens?filter=active`;
      const ofTeam = await world.api.continued<Token>(ask(world, url), "tokens");
      return [
        { who: name, kind: "team", how },
        ...(team.members ?? []).map(
          ({ githubLogin: who }) => ({ who, kind: "user", how, via: `team ${name}` }) as const,
        ),
        ...ofTeam.map((token) => ({ ...describeToken(token, how), via: `team ${name}` })),
      ];
    }),
  );
  return { accessors: found.flat() };
}

/** `open on sophia/development, read on sophia/development-intake`; empty where the team has none. */
function permissionsOf({ environments = [] }: Team, { settings }: AccessWorld): string {
  const ours = Object.values(settings.environments);
  return environments
    .filter(({ projectName, envName }) => projectName === settings.escProject && ours.includes(envName))
    .filter(({ permission }) => permission !== "none")
    .map((one) => `${one.permissionSetName ?? one.permission} on ${one.projectName}/${one.envName}`)
    .sort()
    .join(", ");
}

async function tokens(world: AccessWorld): Promise<Found> {
  const ofOrganization = await world.api.continued<Token>(ask(world, "/tokens?filter=active"), "tokens");
  const own = { ...ask(world, ""), url: `${world.settings.endpoints.esc}/api/user/tokens?filter=active` };
  const personal = await world.api.continued<Token>(own, "tokens");
  return {
    accessors: [
      ...ofOrganization.map((token) =>
        describeToken(token, token.role?.name ?? "what the organization gives its members"),
      ),
      ...personal.map((token) => ({ ...describeToken(token, "as its owner"), via: "the user of PULUMI_ACCESS_TOKEN" })),
    ],
  };
}

function describeToken({ name, created, lastUsed, expires, admin, createdBy }: Token, rights: string): Accessor {
  const end = secondsToIso(expires) === undefined ? ", no end" : "";
  return {
    ...{ who: name, kind: "token" },
    how: `${admin ? "admin: every environment" : rights}${createdBy ? `, made by ${createdBy}` : ""}${end}`,
    ...known({ since: isoTime(created), lastUsed: secondsToIso(lastUsed) }),
  };
}

function ask({ settings }: AccessWorld, path: string) {
  const { endpoints, organization, tokens: control } = settings;
  const url = `${endpoints.esc}/api/orgs/${encodeURIComponent(organization)}${path}`;
  return { url, token: control.pulumi, scheme: "token" } as const;
}
