/** What does the program own in Snowflake? A role with the least privileges, and the service users that hold it. */
import * as pulumi from "@pulumi/pulumi";
import * as snowflake from "@pulumi/snowflake";
import { OWNED_BY_US } from "../automation/snowflake-users";

/** A user of type LEGACY_SERVICE, which may have a password: one a slot. */
export interface PasswordUser {
  /** Part of the resource names: the slot, `a` or `b`. */
  readonly slot: string;
  /** Name and log-in name of the user. */
  readonly userName: string;
  readonly password: pulumi.Input<string>;
}

/** The user of type SERVICE, which may not: it logs in by its keys, or by tokens that others make for it. */
export interface ServiceUser {
  /** Name and log-in name of the user. */
  readonly userName: string;
  /** Base64 of the DER form (SPKI) in one line; none for an empty slot. */
  readonly rsaPublicKey?: pulumi.Input<string>;
  readonly rsaPublicKey2?: pulumi.Input<string>;
  /** An existing network policy. @default none of its own: the account's */
  readonly networkPolicy?: string;
}

/** Arguments of {@link SnowflakeServiceUser}. */
export interface SnowflakeServiceUserArgs {
  readonly role: string;
  readonly warehouse: string;
  readonly database: string;
  readonly schema: string;
  readonly passwordUsers: readonly PasswordUser[];
  readonly serviceUser?: ServiceUser;
  /** Create the warehouse, the database and the schema too; otherwise they must be there. @default false */
  readonly manage?: boolean;
}

/** Role, grants and users. Names are identities: a change replaces, because a rename in place leaves the old grants stuck. */
export class SnowflakeServiceUser extends pulumi.ComponentResource {
  readonly roleName: pulumi.Output<string>;
  /** Names of the users: those with passwords in the order of the slots, then the one without. */
  readonly userNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: SnowflakeServiceUserArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:SnowflakeServiceUser", name, {}, opts);
    const child = { parent: this };
    const objects = args.manage ? this.createObjects(name, args) : [];
    const role = new snowflake.AccountRole(
      `${name}-role`,
      { name: args.role, comment: OWNED_BY_US },
      { ...child, replaceOnChanges: ["name"], deleteBeforeReplace: true },
    );
    this.roleName = role.name;
    const grants = this.grantUsage(name, args, role.name, objects);
    const shared = { defaultRole: role.name, defaultWarehouse: args.warehouse, comment: OWNED_BY_US };
    const options = { ...child, replaceOnChanges: ["name"], deleteBeforeReplace: true, dependsOn: grants };
    const passwordUsers = args.passwordUsers.map(({ slot, userName, password }) => {
      const names = { name: userName, loginName: userName };
      const inputs = { ...names, password: pulumi.secret(password), ...shared };
      return this.giveRole(
        new snowflake.LegacyServiceUser(`${name}-user-${slot}`, inputs, options),
        `${name}-user-${slot}`,
      );
    });
    this.userNames = [...passwordUsers, ...this.createServiceUser(name, args, shared, options)];
    this.registerOutputs({ roleName: this.roleName, userNames: this.userNames });
  }

  private createServiceUser(
    name: string,
    { serviceUser }: SnowflakeServiceUserArgs,
    shared: Pick<snowflake.ServiceUserArgs, "defaultRole" | "defaultWarehouse" | "comment">,
    options: pulumi.CustomResourceOptions,
  ): pulumi.Output<string>[] {
    if (!serviceUser) return [];
    const { userName, ...own } = serviceUser;
    const user = new snowflake.ServiceUser(
      `${name}-service-user`,
      { name: userName, loginName: userName, ...own, ...shared },
      options,
    );
    return [this.giveRole(user, `${name}-service-user`)];
  }

  private giveRole(user: snowflake.LegacyServiceUser | snowflake.ServiceUser, name: string): pulumi.Output<string> {
    new snowflake.GrantAccountRole(`${name}-role`, { roleName: this.roleName, userName: user.name }, { parent: this });
    return user.name;
  }

  /** Snowflake makes the schema PUBLIC itself together with a database, so that one is never created here. */
  private createObjects(name: string, { warehouse, database, schema }: SnowflakeServiceUserArgs): pulumi.Resource[] {
    const child = { parent: this };
    const made: pulumi.Resource[] = [
      new snowflake.Warehouse(
        `${name}-warehouse`,
        { name: warehouse, warehouseSize: "XSMALL", autoSuspend: 60, autoResume: "true", initiallySuspended: true },
        child,
      ),
    ];
    const parent = new snowflake.Database(`${name}-database`, { name: database }, child);
    made.push(parent);
    if (schema.toUpperCase() !== "PUBLIC") {
      made.push(new snowflake.Schema(`${name}-schema`, { name: schema, database: parent.name }, child));
    }
    return made;
  }

  /** USAGE on warehouse, database and schema, nothing more; never ON ALL, which the provider cannot read back. */
  private grantUsage(
    name: string,
    args: SnowflakeServiceUserArgs,
    accountRoleName: pulumi.Output<string>,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource[] {
    const { warehouse, database, schema } = args;
    const grant = (suffix: string, on: Partial<snowflake.GrantPrivilegesToAccountRoleArgs>) =>
      new snowflake.GrantPrivilegesToAccountRole(
        `${name}-usage-${suffix}`,
        { accountRoleName, privileges: ["USAGE"], ...on },
        { parent: this, dependsOn },
      );
    return [
      grant("warehouse", { onAccountObject: { objectType: "WAREHOUSE", objectName: warehouse } }),
      grant("database", { onAccountObject: { objectType: "DATABASE", objectName: database } }),
      grant("schema", { onSchema: { schemaName: `"${database}"."${schema}"` } }),
    ];
  }
}
