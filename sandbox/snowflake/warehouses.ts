/** How are virtual warehouses made, changed and removed? https://docs.snowflake.com/en/sql-reference/sql/create-warehouse */
import { readShowFilter, requireProperty, toBoolean, toInteger, type Context, type Noun } from "./context";
import { createObject, dropObject, EXECUTED } from "./create";
import { invalidValue } from "./errors";
import { type Role, type Warehouse } from "./objects";
import { hasParameter, planParameter } from "./parameters";
import { type PropertyValue } from "./statement";
import { status, tableOf, timestamp, type ColumnOf } from "./table";

const DEFAULTS: Readonly<Record<string, string>> = {
  WAREHOUSE_TYPE: "STANDARD",
  WAREHOUSE_SIZE: "X-Small",
  MAX_CLUSTER_COUNT: "1",
  MIN_CLUSTER_COUNT: "1",
  SCALING_POLICY: "STANDARD",
  AUTO_SUSPEND: "600",
  AUTO_RESUME: "true",
  RESOURCE_MONITOR: "null",
  ENABLE_QUERY_ACCELERATION: "false",
  QUERY_ACCELERATION_MAX_SCALE_FACTOR: "8",
};

const SIZES = [
  "X-Small",
  "Small",
  "Medium",
  "Large",
  "X-Large",
  "2X-Large",
  "3X-Large",
  "4X-Large",
  "5X-Large",
  "6X-Large",
];
const INTEGERS = ["MAX_CLUSTER_COUNT", "MIN_CLUSTER_COUNT", "AUTO_SUSPEND", "QUERY_ACCELERATION_MAX_SCALE_FACTOR"];
const BOOLEANS = ["AUTO_RESUME", "ENABLE_QUERY_ACCELERATION"];

/** A warehouse with Snowflake's defaults. */
export function newWarehouse(context: Pick<Context, "account">, name: string, owner: Role): Warehouse {
  const { account } = context;
  const now = account.clock();
  return {
    kind: "WAREHOUSE",
    ...account.securable(name, owner),
    settings: new Map(Object.entries(DEFAULTS)),
    suspended: false,
    resumedOn: now,
    updatedOn: now,
  };
}

/** CREATE, ALTER, DROP and SHOW of warehouses. */
export const warehouses: Noun = {
  words: ["WAREHOUSE"],
  plural: ["WAREHOUSES"],

  create(context, statement, options) {
    const { account, session } = context;
    account.requirePrivilege(session.role, "CREATE WAREHOUSE", account.root);
    const name = statement.identifier();
    statement.accept("WITH");
    const properties = statement.properties();
    statement.end();
    return createObject(context, account.warehouses, name, options, () => {
      const warehouse = newWarehouse(context, name, session.role);
      setProperties(context, warehouse, properties);
      return warehouse;
    });
  },

  alter(context, statement) {
    const { account, session } = context;
    const warehouse = account.warehouses.require(statement.identifier());
    const runs = statement.accept("SUSPEND") ? false : statement.accept("RESUME") ? true : undefined;
    if (runs !== undefined) {
      statement.accept("IF", "SUSPENDED");
      statement.end();
      account.requirePrivilege(session.role, "OPERATE", warehouse);
      warehouse.suspended = !runs;
      return status(EXECUTED);
    }
    if (statement.accept("RENAME", "TO")) {
      const name = statement.identifier();
      statement.end();
      account.requireOwnership(session.role, warehouse);
      account.warehouses.rename(warehouse, name);
      return status(EXECUTED);
    }
    account.requirePrivilege(session.role, "MODIFY", warehouse);
    if (statement.accept("UNSET")) {
      const names = statement.keywords();
      statement.end();
      for (const name of names) unsetProperty(warehouse, name);
    } else {
      statement.expect("SET");
      const properties = statement.properties();
      statement.end();
      setProperties(context, warehouse, properties);
    }
    warehouse.updatedOn = account.clock();
    return status(EXECUTED);
  },

  drop(context, statement) {
    const warehouse = context.account.warehouses.require(statement.identifier());
    statement.end();
    return dropObject(context, context.account.warehouses, warehouse);
  },

  show(context, statement) {
    const { account, session } = context;
    const filter = readShowFilter<Warehouse>(statement);
    const seen = account.warehouses.all().filter((warehouse) => account.sees(session.role, warehouse));
    return tableOf(warehouseColumns(context), filter(seen));
  },
};

function setProperties(context: Context, warehouse: Warehouse, properties: ReadonlyMap<string, PropertyValue>): void {
  const changes = [...properties].map(([name, value]) => planProperty(context, warehouse, name, value));
  for (const change of changes) change();
}

function planProperty(context: Context, warehouse: Warehouse, name: string, value: PropertyValue): () => void {
  if (hasParameter("WAREHOUSE", name)) return planParameter(context, warehouse, name, value);
  if (name === "COMMENT") return () => void (warehouse.comment = value.text);
  if (name === "WAIT_FOR_COMPLETION") return () => undefined;
  if (name === "INITIALLY_SUSPENDED") {
    const suspended = toBoolean(name, value);
    return () => void (warehouse.suspended = suspended);
  }
  requireProperty(Object.keys(DEFAULTS), name, "WAREHOUSE");
  if (BOOLEANS.includes(name)) {
    const text = String(toBoolean(name, value));
    return () => void warehouse.settings.set(name, text);
  }
  if (INTEGERS.includes(name) && value.text.toUpperCase() !== "NULL") toInteger(name, value);
  const text = name === "WAREHOUSE_SIZE" ? sizeNamed(value.text) : value.text;
  return () => void warehouse.settings.set(name, text);
}

function unsetProperty(warehouse: Warehouse, name: string): void {
  if (name === "COMMENT") warehouse.comment = "";
  else if (hasParameter("WAREHOUSE", name)) warehouse.parameters.delete(name);
  else {
    requireProperty(Object.keys(DEFAULTS), name, "WAREHOUSE");
    warehouse.settings.set(name, DEFAULTS[name] ?? "");
  }
}

/** `XSMALL`, `X-SMALL` and `X-Small` are one size; `XXLARGE` is `2X-Large`. */
function sizeNamed(text: string): string {
  const plain = (size: string) => size.toUpperCase().replaceAll("-", "");
  const wanted = plain(text).replace(/^(X{2,3})LARGE$/, (_, crosses: string) => `${crosses.length}XLARGE`);
  const found = SIZES.find((size) => plain(size) === wanted);
  if (!found) throw invalidValue("WAREHOUSE_SIZE");
  return found;
}

/** `resource_monitor` is the word `null` where there is none, and no time may be null. */
function warehouseColumns({ account, session }: Context): ColumnOf<Warehouse>[] {
  const setting = (name: string) => (warehouse: Warehouse) => warehouse.settings.get(name) ?? "";
  const zero = () => "0";
  return [
    ["name", "text", (warehouse) => warehouse.name],
    ["state", "text", (warehouse) => (warehouse.suspended ? "SUSPENDED" : "STARTED")],
    ["type", "text", setting("WAREHOUSE_TYPE")],
    ["size", "text", setting("WAREHOUSE_SIZE")],
    ["min_cluster_count", "fixed", setting("MIN_CLUSTER_COUNT")],
    ["max_cluster_count", "fixed", setting("MAX_CLUSTER_COUNT")],
    ["started_clusters", "fixed", (warehouse) => (warehouse.suspended ? "0" : "1")],
    ["running", "fixed", zero],
    ["queued", "fixed", zero],
    ["is_default", "text", ({ name }) => (session.user.texts.get("DEFAULT_WAREHOUSE") === name ? "Y" : "N")],
    ["is_current", "text", ({ name }) => (session.warehouse === name ? "Y" : "N")],
    ["auto_suspend", "fixed", (warehouse) => nullable(warehouse.settings.get("AUTO_SUSPEND"))],
    ["auto_resume", "text", setting("AUTO_RESUME")],
    ["available", "text", () => "100"],
    ["provisioning", "text", zero],
    ["quiescing", "text", zero],
    ["other", "text", zero],
    ["created_on", "timestamp_ltz", (warehouse) => timestamp(warehouse.createdOn)],
    ["resumed_on", "timestamp_ltz", (warehouse) => timestamp(warehouse.resumedOn)],
    ["updated_on", "timestamp_ltz", (warehouse) => timestamp(warehouse.updatedOn)],
    ["owner", "text", (warehouse) => warehouse.owner?.name ?? ""],
    ["comment", "text", (warehouse) => warehouse.comment],
    ["enable_query_acceleration", "text", setting("ENABLE_QUERY_ACCELERATION")],
    ["query_acceleration_max_scale_factor", "fixed", setting("QUERY_ACCELERATION_MAX_SCALE_FACTOR")],
    ["resource_monitor", "text", setting("RESOURCE_MONITOR")],
    ["actives", "text", zero],
    ["pendings", "text", zero],
    ["failed", "text", zero],
    ["suspended", "text", zero],
    ["uuid", "text", ({ createdOn }) => String(createdOn)],
    ["scaling_policy", "text", setting("SCALING_POLICY")],
    ["budget", "text", () => null],
    ["owner_role_type", "text", ({ owner }) => (owner && account.roles.find(owner.name) ? "ROLE" : "")],
  ];
}

function nullable(text: string | undefined): string | null {
  return text === undefined || text.toUpperCase() === "NULL" ? null : text;
}
