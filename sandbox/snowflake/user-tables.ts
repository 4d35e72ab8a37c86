/** What do SHOW USERS and DESCRIBE USER answer? Shapes as the Terraform provider reads them: one boolean out of shape crashes it. */
import { type Context } from "./context";
import { USER_TEXTS, type User, type UserText } from "./objects";
import { timestamp, type Cell, type ColumnOf, type Table } from "./table";

/** The columns of https://docs.snowflake.com/en/sql-reference/sql/show-users. */
export function userColumns({ account }: Context): ColumnOf<User>[] {
  const text = (name: UserText) => (user: User) => user.texts.get(name) ?? "";
  const never = () => "false";
  const locked = (user: User) => Math.ceil((user.lockedUntil - account.clock()) / 60_000);
  return [
    ["name", "text", (user) => user.name],
    ["created_on", "timestamp_ltz", (user) => timestamp(user.createdOn)],
    ["login_name", "text", text("LOGIN_NAME")],
    ["display_name", "text", text("DISPLAY_NAME")],
    ["first_name", "text", text("FIRST_NAME")],
    ["last_name", "text", text("LAST_NAME")],
    ["email", "text", text("EMAIL")],
    ["mins_to_unlock", "text", (user) => (locked(user) > 0 ? String(locked(user)) : "")],
    ["days_to_expiry", "text", (user) => String(user.daysToExpiry ?? "")],
    ["comment", "text", (user) => user.comment],
    ["disabled", "text", (user) => String(user.disabled)],
    ["must_change_password", "text", (user) => String(user.mustChangePassword)],
    ["snowflake_lock", "text", never],
    ["default_warehouse", "text", text("DEFAULT_WAREHOUSE")],
    ["default_namespace", "text", text("DEFAULT_NAMESPACE")],
    ["default_role", "text", text("DEFAULT_ROLE")],
    ["default_secondary_roles", "text", (user) => user.defaultSecondaryRoles],
    ["ext_authn_duo", "text", never],
    ["ext_authn_uid", "text", () => ""],
    ["mins_to_bypass_mfa", "text", () => ""],
    ["owner", "text", (user) => user.owner?.name ?? ""],
    ["last_success_login", "timestamp_ltz", (user) => optionalTime(user.lastLogInAt)],
    ["expires_at_time", "timestamp_ltz", () => null],
    ["locked_until_time", "timestamp_ltz", (user) => (locked(user) > 0 ? timestamp(user.lockedUntil) : null)],
    ["has_password", "text", (user) => String(user.passwordDigest !== undefined)],
    ["has_rsa_public_key", "text", (user) => String(user.keys.some((key) => key !== undefined))],
    ["type", "text", (user) => user.type],
    ["has_mfa", "text", never],
  ];
}

/** The rows of https://docs.snowflake.com/en/sql-reference/sql/desc-user: the word `null` stands for what is not set. */
export function describeUser(user: User): Table {
  const rows: (readonly [property: string, value: string, preset: string])[] = [];
  const add = (property: string, value: string | undefined, preset = "null") =>
    void rows.push([property, value === undefined || value === "" ? "null" : value, preset]);
  const addBoolean = (property: string, value: boolean) => void rows.push([property, String(value), "false"]);

  add("NAME", user.name);
  add("COMMENT", user.comment);
  add("DISPLAY_NAME", user.texts.get("DISPLAY_NAME"));
  add("TYPE", user.type);
  for (const name of USER_TEXTS.slice(0, 5)) add(name, user.texts.get(name));
  add("PASSWORD", user.passwordDigest === undefined ? undefined : "********");
  addBoolean("MUST_CHANGE_PASSWORD", user.mustChangePassword);
  addBoolean("DISABLED", user.disabled);
  addBoolean("SNOWFLAKE_LOCK", false);
  addBoolean("SNOWFLAKE_SUPPORT", false);
  add("DAYS_TO_EXPIRY", user.daysToExpiry?.toString());
  add("MINS_TO_UNLOCK", undefined);
  for (const name of ["DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "DEFAULT_ROLE"] as const)
    add(name, user.texts.get(name));
  add("DEFAULT_SECONDARY_ROLES", user.defaultSecondaryRoles, '["ALL"]');
  addBoolean("EXT_AUTHN_DUO", false);
  add("EXT_AUTHN_UID", undefined);
  addBoolean("HAS_MFA", false);
  add("MINS_TO_BYPASS_MFA", undefined);
  add("MINS_TO_BYPASS_NETWORK_POLICY", undefined);
  user.keys.forEach((key, slot) => {
    const property = slot === 0 ? "RSA_PUBLIC_KEY" : "RSA_PUBLIC_KEY_2";
    add(property, key?.text);
    add(`${property}_FP`, key?.fingerprint);
    add(`${property}_LAST_SET_TIME`, key && new Date(key.setAt).toISOString());
  });
  add(
    "PASSWORD_LAST_SET_TIME",
    user.passwordSetAt === undefined ? undefined : new Date(user.passwordSetAt).toISOString(),
  );
  add("CUSTOM_LANDING_PAGE_URL", undefined);
  addBoolean("CUSTOM_LANDING_PAGE_URL_FLUSH_NEXT_UI_LOAD", false);

  return {
    columns: [
      ["property", "text"],
      ["value", "text"],
      ["default", "text"],
      ["description", "text"],
    ],
    rows: rows.map(([property, value, preset]): Cell[] => [property, value, preset, ""]),
  };
}

function optionalTime(milliseconds: number | undefined): Cell {
  return milliseconds === undefined ? null : timestamp(milliseconds);
}
