/** How are network policies made, changed and removed? Lists of addresses are enforced (everybody comes from 127.0.0.1), network rules are only kept. https://docs.snowflake.com/en/sql-reference/sql/create-network-policy */
import { BlockList } from "node:net";
import { type Account } from "./account";
import { readShowFilter, requireProperty, type Context, type Noun } from "./context";
import { createObject, dropObject, EXECUTED } from "./create";
import { invalidValue, logInError } from "./errors";
import { type NetworkPolicy, type User } from "./objects";
import { type PropertyValue, type Statement } from "./statement";
import { status, tableOf, type ColumnOf, type Table } from "./table";

const LISTS = ["ALLOWED_NETWORK_RULE_LIST", "BLOCKED_NETWORK_RULE_LIST", "ALLOWED_IP_LIST", "BLOCKED_IP_LIST"];

/** CREATE, ALTER, DROP, SHOW and DESCRIBE of network policies. */
export const networkPolicies: Noun = {
  words: ["NETWORK", "POLICY"],
  plural: ["NETWORK", "POLICIES"],

  create(context, statement, options) {
    const { account, session } = context;
    account.requirePrivilege(session.role, "CREATE NETWORK POLICY", account.root);
    const name = statement.identifier();
    const properties = statement.properties();
    statement.end();
    return createObject(context, account.networkPolicies, name, options, () => {
      const base = account.securable(name, session.role);
      const policy: NetworkPolicy = { kind: "NETWORK_POLICY", ...base, lists: new Map() };
      setProperties(policy, properties);
      return policy;
    });
  },

  alter(context, statement) {
    const { account, session } = context;
    const policy = account.networkPolicies.require(statement.identifier());
    account.requireOwnership(session.role, policy);
    if (statement.accept("RENAME", "TO")) {
      const name = statement.identifier();
      statement.end();
      account.networkPolicies.rename(policy, name);
    } else if (statement.accept("UNSET")) {
      const names = statement.keywords();
      statement.end();
      for (const name of names) unsetProperty(policy, name);
    } else if (statement.accept("ADD")) {
      changeLists(policy, statement, (kept, given) => [...kept.filter((item) => !given.includes(item)), ...given]);
    } else if (statement.accept("REMOVE")) {
      changeLists(policy, statement, (kept, given) => kept.filter((item) => !given.includes(item)));
    } else {
      statement.expect("SET");
      const properties = statement.properties();
      statement.end();
      setProperties(policy, properties);
    }
    return status(EXECUTED);
  },

  drop(context, statement) {
    const policy = context.account.networkPolicies.require(statement.identifier());
    statement.end();
    return dropObject(context, context.account.networkPolicies, policy);
  },

  show(context, statement) {
    const filter = readShowFilter<NetworkPolicy>(statement);
    return tableOf(COLUMNS, filter(visiblePolicies(context)));
  },

  describe(context, statement): Table {
    const { account, session } = context;
    const policy = account.networkPolicies.require(statement.identifier());
    statement.end();
    account.requirePrivilege(session.role, "USAGE", policy);
    // Empty lists are left out: the provider would read one empty address.
    const rows = LISTS.map((name) => [name, (policy.lists.get(name) ?? []).join(",")]).filter(
      ([, value]) => value !== "",
    );
    return {
      columns: [
        ["name", "text"],
        ["value", "text"],
      ],
      rows: rows.map(([name = "", value = ""]) => [name, value]),
    };
  },
};

/** From where everybody logs in here. */
const CLIENT = "127.0.0.1";

/**
 * Throws 390422 where the policy of the user, else that of the account, keeps this machine's address out.
 * https://docs.snowflake.com/en/user-guide/network-policies
 */
export function requireAdmitted(account: Account, user: User): void {
  const name = user.parameters.get("NETWORK_POLICY") ?? account.root.parameters.get("NETWORK_POLICY");
  const policy = account.networkPolicies.find(name ?? "");
  const allowed = policy?.lists.get("ALLOWED_IP_LIST") ?? [];
  const isIn = (list: readonly string[]): boolean => addresses(list).check(CLIENT);
  if (!policy || ((allowed.length === 0 || isIn(allowed)) && !isIn(policy.lists.get("BLOCKED_IP_LIST") ?? []))) return;
  throw logInError("390422", `Incoming request with IP/Token ${CLIENT} is not allowed to access Snowflake.`);
}

function addresses(list: readonly string[]): BlockList {
  const found = new BlockList();
  for (const item of list) {
    const [address = "", prefix = "32"] = item.split("/");
    found.addSubnet(address, Number(prefix));
  }
  return found;
}

const COLUMNS: readonly ColumnOf<NetworkPolicy>[] = [
  ["created_on", "text", (policy) => new Date(policy.createdOn).toISOString()],
  ["name", "text", (policy) => policy.name],
  ["comment", "text", (policy) => policy.comment],
  ["entries_in_allowed_ip_list", "fixed", countOf("ALLOWED_IP_LIST")],
  ["entries_in_blocked_ip_list", "fixed", countOf("BLOCKED_IP_LIST")],
  ["entries_in_allowed_network_rules", "fixed", countOf("ALLOWED_NETWORK_RULE_LIST")],
  ["entries_in_blocked_network_rules", "fixed", countOf("BLOCKED_NETWORK_RULE_LIST")],
];

function countOf(list: string): (policy: NetworkPolicy) => string {
  return (policy) => String(policy.lists.get(list)?.length ?? 0);
}

function visiblePolicies({ account, session }: Context): NetworkPolicy[] {
  return account.networkPolicies.all().filter((policy) => account.sees(session.role, policy));
}

function setProperties(policy: NetworkPolicy, properties: ReadonlyMap<string, PropertyValue>): void {
  for (const [name, value] of properties) {
    requireProperty([...LISTS, "COMMENT"], name, "NETWORK POLICY");
    if (name !== "COMMENT" && value.kind !== "list") throw invalidValue(name);
  }
  for (const [name, value] of properties) {
    if (name === "COMMENT") policy.comment = value.text;
    else policy.lists.set(name, value.items);
  }
}

function unsetProperty(policy: NetworkPolicy, name: string): void {
  requireProperty([...LISTS, "COMMENT"], name, "NETWORK POLICY");
  if (name === "COMMENT") policy.comment = "";
  else policy.lists.delete(name);
}

function changeLists(
  policy: NetworkPolicy,
  statement: Statement,
  change: (kept: readonly string[], given: readonly string[]) => readonly string[],
): void {
  const properties = statement.properties();
  statement.end();
  for (const [name, { items }] of properties) {
    requireProperty(LISTS, name, "NETWORK POLICY");
    policy.lists.set(name, change(policy.lists.get(name) ?? [], items));
  }
}
