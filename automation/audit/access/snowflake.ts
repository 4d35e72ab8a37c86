/** Who has the stack's Snowflake role, who may reset its users' credentials, and what does the role reach? https://docs.snowflake.com/en/sql-reference/sql/show-grants */
import { SnowflakeRefusal, type Cells } from "../../probes/snowflake-driver";
import { quoteIdentifier } from "../../snowflake-admin";
import { rotatedUserNames } from "../../snowflake-users";
import { type Settings } from "../../settings";
import { isoTime } from "../ledger";
import { known, readPlace, type Accessor, type AccessPlace, type AccessWorld, type Found } from "./place";

const HINT =
  "SOPHIA_SNOWFLAKE_ADMIN_USER must have sophia:snowflakeAdminRole, and the stack must have been brought up.";
const NOT_SET = "Set SOPHIA_SNOWFLAKE_ADMIN_USER and SOPHIA_SNOWFLAKE_ADMIN_PASSWORD.";

/** The role's holders, its users' owners, and its reach. */
export function readSnowflakeAccess(world: AccessWorld): Promise<AccessPlace>[] {
  const { snowflake, tokens } = world.settings;
  const places = [
    [`snowflake role ${snowflake.role}`, holders],
    [`snowflake users of ${snowflake.role}`, owners],
    [`snowflake reach of ${snowflake.role}`, reach],
  ] as const;
  const isSet = tokens.snowflakeUser !== "" && tokens.snowflakePassword !== "";
  return places.map(async ([place, read]): Promise<AccessPlace> =>
    isSet
      ? readPlace(place, HINT, () => read(world))
      : { place, state: "not asked", reason: "no administrator is set", hint: NOT_SET, accessors: [], notes: [] },
  );
}

/** `SHOW GRANTS OF ROLE`: created_on, role, granted_to, grantee_name, granted_by. */
async function holders({ settings, query }: AccessWorld): Promise<Found> {
  const rows = await query(`SHOW GRANTS OF ROLE ${quoteIdentifier(settings.snowflake.role)}`);
  return {
    accessors: rows.map(([created, , to, name, by]) => ({
      ...{ who: ownName(text(name), settings), kind: text(to) === "ROLE" ? "role" : "user" },
      how: `has the role, granted by ${text(by)}`,
      ...known({ since: timeOf(created) }),
    })),
    notes: ["Whoever has a role that has this one has it too."],
  };
}

/** `SHOW GRANTS ON USER`: created_on, privilege, granted_on, name, granted_to, grantee_name, grant_option, granted_by. */
async function owners({ settings, query }: AccessWorld): Promise<Found> {
  const accessors: Accessor[] = [];
  for (const user of rotatedUserNames(settings.snowflake.user)) {
    const rows = await query(`SHOW GRANTS ON USER ${quoteIdentifier(user)}`).catch((error: unknown): Cells[] => {
      // One of the names that a stack of another strategy would use.
      if (error instanceof SnowflakeRefusal && error.phase === "statement" && error.errorCode === 2003) return [];
      throw error;
    });
    for (const [created, privilege, , , , name] of rows)
      accessors.push({
        ...{ who: text(name), kind: "role", how: `${text(privilege)} of ${ownName(user, settings)}` },
        ...known({ since: timeOf(created) }),
      });
  }
  return {
    accessors,
    notes: ["The owner of a user can give it another credential; so can SECURITYADMIN and ACCOUNTADMIN."],
  };
}

/** `SHOW GRANTS TO ROLE`, the same columns; one line an object. */
async function reach({ settings, query }: AccessWorld): Promise<Found> {
  const rows = await query(`SHOW GRANTS TO ROLE ${quoteIdentifier(settings.snowflake.role)}`);
  const objects = new Map<string, { privileges: string[]; since: string[] }>();
  for (const [created, privilege, on, name] of rows) {
    const object = `${text(on)} ${text(name)}`;
    const found = objects.get(object) ?? { privileges: [], since: [] };
    found.privileges.push(text(privilege));
    found.since.push(timeOf(created) ?? "");
    objects.set(object, found);
  }
  return {
    accessors: [...objects].map(([who, { privileges, since }]) => ({
      ...{ who, kind: "object", how: privileges.sort().join(", ") },
      ...known({ since: since.filter(Boolean).sort().at(-1) }),
    })),
  };
}

/** A stack's users take turns at each rotation: one name for all of them. */
function ownName(name: string, { snowflake: { user } }: Settings): string {
  return rotatedUserNames(user).includes(name) ? `${user}*` : name;
}

function text(cell: unknown): string {
  return typeof cell === "string" ? cell : String(cell);
}

function timeOf(cell: unknown): string | undefined {
  return isoTime(cell instanceof Date ? cell.getTime() : cell);
}
