/** Does the Snowflake role hold what it needs and no more, and does a query run? Several statements in one session, a check each. */
import { resultOf } from "./deep-http";
import { comparePrivileges, SYSTEM_ROLES, type Grant } from "./privileges";
import { type CheckResult } from "./result";
import {
  inSession,
  judgePart,
  sessionParts,
  STATEMENT,
  type SnowflakeAttemptContext,
  type SnowflakeProbe,
} from "./snowflake";
import { SnowflakeRefusal, type NamedCells, type SnowflakeSession } from "./snowflake-driver";
import { identifier } from "./snowflake-names";
import { judgeRefusal } from "./snowflake-refusals";
import { findValue } from "./values";

type Depth = NonNullable<SnowflakeProbe["deep"]>;

/** Roles that are looked into, the configured one and those that it inherits: an end for what would be a tangle. */
const MOST_ROLES = 100;

/** Logs in once and runs the checks; one that is refused does not stop the others. */
export async function checkSnowflake(context: SnowflakeAttemptContext): Promise<CheckResult[]> {
  const { deep } = context.probe;
  if (!deep) return [];
  const results = await inSession(context, async (session) => [
    ...(await checkSession(session, context)),
    await checked("privileges", context, () => checkPrivileges(session, deep, context)),
    await checked("query", context, async () => {
      await session.rows(deep.query);
      return { name: "query", status: "passed", reason: "A query runs." };
    }),
  ]);
  return Array.isArray(results) ? results : [resultOf("session", results)];
}

async function checked(
  name: string,
  context: SnowflakeAttemptContext,
  run: () => Promise<CheckResult>,
): Promise<CheckResult> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SnowflakeRefusal)) throw error;
    return resultOf(name, judgeRefusal(error, context));
  }
}

async function checkSession(session: SnowflakeSession, context: SnowflakeAttemptContext): Promise<CheckResult[]> {
  const [row = []] = await session.rows(STATEMENT);
  return sessionParts(row, context).map(({ part, current, isAsConfigured }) =>
    isAsConfigured
      ? { name: part, status: "passed", reason: current === "" ? "None, and none is configured." : `${current}.` }
      : resultOf(part, judgePart(part, context)),
  );
}

async function checkPrivileges(
  session: SnowflakeSession,
  { needs, allows }: Depth,
  { service, values }: SnowflakeAttemptContext & { readonly probe: SnowflakeProbe },
): Promise<CheckResult> {
  const named = (names: readonly string[]): string[] => names.map((name) => findValue(service, values, name) ?? "");
  const [[role = ""] = []] = (await session.rows("SELECT CURRENT_ROLE()")) as readonly (readonly string[])[];
  const { grants, isWhole } = await readGrants(session, role);
  const { lacking, excess } = comparePrivileges({
    role,
    needs: needs.map(({ object, ...need }) => ({ ...need, parts: named(object) })),
    allows: { ...allows, within: named(allows.within) },
    grants,
    everybodys: await grantsOf(session, "PUBLIC").catch(() => []),
  });
  const say = (found: typeof lacking) => ({
    what: found.map(({ what }) => what).join(", "),
    statements: found.map(({ statement }) => statement).join(" "),
  });
  if (!isWhole && lacking.length > 0) {
    const reason = `Role ${role} inherits more than ${MOST_ROLES} roles; in these it lacks ${say(lacking).what}.`;
    const remedy = "Look at the rest in Snowflake, and give programs a role that inherits less.";
    return { name: "privileges", status: "unknown", class: "permission", reason, remedy };
  }
  if (lacking.length > 0) {
    const { what, statements } = say(lacking);
    const remedy = `Have the objects' owner run in Snowflake: ${statements}`;
    return { name: "privileges", status: "failed", class: "permission", reason: `Role ${role} lacks ${what}.`, remedy };
  }
  if (excess.length > 0) {
    const { what, statements } = say(excess);
    const reason = `Role ${role} holds more than programs need: ${what}.`;
    const remedy = `If no program needs it, run in Snowflake: ${statements}`;
    return { name: "privileges", status: "warning", class: "permission", reason, remedy };
  }
  const rest = isWhole ? "and nothing else" : `and nothing else in the first ${MOST_ROLES} roles that it inherits`;
  return { name: "privileges", status: "passed", reason: `Role ${role} holds what it needs, ${rest}.` };
}

/** Grants to the role and to all that it inherits, but for Snowflake's own roles, whose names alone say enough; `isWhole` where they are not too many. */
async function readGrants(session: SnowflakeSession, role: string): Promise<{ grants: Grant[]; isWhole: boolean }> {
  const roles = [role];
  const grants: Grant[] = [];
  let isWhole = true;
  // Grows while it is walked through.
  for (const one of roles) {
    const found = [...(await grantsOf(session, one)), ...(await grantsOf(session, one, "FUTURE "))];
    grants.push(...found);
    for (const { on, privilege, name } of found) {
      const inherited = name.replace(/^"(.*)"$/, "$1").replaceAll('""', '"');
      const isNew = !roles.includes(inherited) && !SYSTEM_ROLES.includes(name);
      if (on !== "ROLE" || privilege !== "USAGE" || !isNew) continue;
      if (roles.length < MOST_ROLES) roles.push(inherited);
      else isWhole = false;
    }
  }
  return { grants, isWhole };
}

async function grantsOf(session: SnowflakeSession, role: string, future: "" | "FUTURE " = ""): Promise<Grant[]> {
  const quoted = `"${role.replaceAll('"', '""')}"`;
  const rows = await session.named(`SHOW ${future}GRANTS TO ROLE ${quoted}`);
  const text = (row: NamedCells, ...names: string[]): string =>
    names.map((name) => row[name]).find((cell): cell is string => typeof cell === "string") ?? "";
  return rows.map((row) => ({
    privilege: text(row, "privilege"),
    on: text(row, "granted_on", "grant_on").replaceAll("_", " "),
    name: text(row, "name"),
    role: identifier(role),
    grantOption: text(row, "grant_option") === "true",
    future: future !== "",
  }));
}
