/** What does the program own in Snowflake? A role with the least privileges, and the service users that hold it. */
import * as pulumi from "@pulumi/pulumi";
import * as snowflake from "@pulumi/snowflake";

/** One service user with a password; the slots of a rotating credential are two of them. */
export interface ServiceUserSlot {
  /** Part of the resource names: the slot, `a` or `b`. */
  readonly slot: string;
  /** Name and log-in name of the user. */
  readonly userName: string;
  readonly password: pulumi.Input<string>;
}

/** Arguments of {@link SnowflakeServiceUser}. */
export interface SnowflakeServiceUserArgs {
  readonly role: string;
  readonly warehouse: string;
  readonly database: string;
  readonly schema: string;
  readonly users: readonly ServiceUserSlot[];
  /** Create the warehouse, the database and the schema too; otherwise they must be there. @default false */
  readonly manage?: boolean;
}

/** Role, grants and users. Names are identities: a change replaces, because a rename in place leaves the old grants stuck. */
export class SnowflakeServiceUser extends pulumi.ComponentResource {
  readonly roleName: pulumi.Output<string>;
  /** Names of the users, in the order of the slots. */
  readonly userNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: SnowflakeServiceUserArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:SnowflakeServiceUser", name, {}, opts);
    const child = { parent: this };
    const objects = args.manage ? this.createObjects(name, args) : [];
    const comment = "Owned by sophia-secrets";
    const role = new snowflake.AccountRole(
      `${name}-role`,
      { name: args.role, comment },
      { ...child, replaceOnChanges: ["name"], deleteBeforeReplace: true },
    );
    this.roleName = role.name;
    const grants = this.grantUsage(name, args, role.name, objects);
    this.userNames = args.users.map(({ slot, userName, password }) => {
      const user = new snowflake.LegacyServiceUser(
        `${name}-user-${slot}`,
        {
          name: userName,
          loginName: userName,
          password: pulumi.secret(password),
          defaultRole: role.name,
          defaultWarehouse: args.warehouse,
          comment,
        },
        { ...child, replaceOnChanges: ["name"], deleteBeforeReplace: true, dependsOn: grants },
      );
      new snowflake.GrantAccountRole(`${name}-user-${slot}-role`, { roleName: role.name, userName: user.name }, child);
      return user.name;
    });
    this.registerOutputs({ roleName: this.roleName, userNames: this.userNames });
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
