/** Who is in the Vercel team, and which tokens are there? https://vercel.com/docs/rbac/access-roles */
import { tokenFamily } from "../../token-name";
import { isoTime } from "../ledger";
import { known, readPlace, type AccessPlace, type AccessWorld, type Found } from "./place";

interface Member {
  readonly username?: string;
  readonly email?: string;
  readonly uid: string;
  readonly role: string;
  readonly confirmed?: boolean;
  readonly createdAt?: number;
}

interface Token {
  readonly name: string;
  readonly createdAt?: number;
  readonly activeAt?: number;
  readonly expiresAt?: number | null;
  readonly scopes?: readonly { readonly type?: string; readonly teamId?: string }[];
}

const HINT = "SOPHIA_VERCEL_CONTROL_TOKEN must be of a member of the team, with the rights of the whole account.";

/** The team's members, and the tokens of the controlling token's user. */
export function readVercelAccess(world: AccessWorld): Promise<AccessPlace>[] {
  const { team } = world.settings.vercel;
  return [
    readPlace(`vercel members of ${team}`, HINT, () => members(world)),
    readPlace(`vercel tokens of the controlling user`, HINT, () => tokens(world)),
  ];
}

/** https://vercel.com/docs/rest-api/teams/list-team-members */
async function members(world: AccessWorld): Promise<Found> {
  const team = encodeURIComponent(world.settings.vercel.team);
  const listed = await world.api.chain<Member>(
    ask(world, `v3/teams/${team}/members?limit=100&teamId=${team}`),
    "members",
  );
  return {
    accessors: listed.map(({ username, email, uid, role, confirmed, createdAt }) => ({
      ...{ who: username ?? email ?? uid, kind: "user", how: `${role}${confirmed === false ? ", invited" : ""}` },
      ...known({ since: isoTime(createdAt) }),
    })),
    notes: ["Tokens of other members are not listed by the API; each has the rights of its maker."],
  };
}

/** https://vercel.com/docs/rest-api/authentication/list-auth-tokens */
async function tokens(world: AccessWorld): Promise<Found> {
  const listed = await world.api.chain<Token>(ask(world, "v6/user/tokens?limit=100"), "tokens");
  return {
    accessors: listed.map(({ name, createdAt, activeAt, expiresAt, scopes = [] }) => {
      const teams = scopes.flatMap(({ teamId }) => teamId ?? []);
      const reach = teams.length > 0 ? `only ${teams.join(", ")}` : "the whole account";
      const family = tokenFamily(name, world.settings.stack);
      // Those of this stack come and go with its rotations.
      const how = family !== undefined || isoTime(expiresAt) !== undefined ? reach : `${reach}, no end`;
      return {
        ...{ who: family ?? name, kind: "token", how },
        ...known({ since: isoTime(createdAt), lastUsed: isoTime(activeAt) }),
      };
    }),
  };
}

function ask({ settings }: AccessWorld, path: string) {
  return { url: `${settings.endpoints.vercel}/${path}`, token: settings.tokens.vercel };
}
