/** Are the grants of docs/services/snowflake.md enough, and are they only those? Its SQL is run in the stand-in, and the stack is brought up with that role alone. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";
import { type Row, withDriver } from "../sandbox/snowflake-client";
import { readPages } from "./markdown";

const page = readPages().find(({ path }) => path === "docs/services/snowflake.md");
const sql = (page?.blocks ?? []).filter(({ language, info }) => language === "sql" && !info.startsWith("not-run"));

/** The statements of a block; none of ours has a semicolon in a text. */
const statementsOf = (text: string) =>
  text
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");

describe("the grants that the Snowflake page asks for", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let admin: { username: string; password: string };
  let env: Record<string, string>;
  let set: (values: Readonly<Record<string, string>>) => Promise<void>;
  const run = (who: { username: string; password: string }, ...statements: string[]): Promise<Row[][]> =>
    withDriver(sandbox.snowflake, who, ...statements);

  before(async () => {
    sandbox = await startSpecSandbox();
    const { variables } = sandbox;
    admin = {
      username: variables.SOPHIA_SNOWFLAKE_ADMIN_USER ?? "",
      password: variables.SOPHIA_SNOWFLAKE_ADMIN_PASSWORD ?? "",
    };
    // What others own, and the policy that the page makes of a network rule, which the stand-in does not have.
    await run(
      admin,
      ...["CREATE WAREHOUSE SOPHIA_WH", "CREATE DATABASE SOPHIA_DB"],
      "CREATE NETWORK POLICY SOPHIA_SECRETS_ONLY ALLOWED_IP_LIST = ('127.0.0.1/32')",
    );
    const [controlling] = sql;
    const rows = await run(admin, ...statementsOf(controlling?.text ?? ""));
    const token = rows.at(-1)?.[0]?.token_secret ?? "";
    assert.notEqual(token, "");
    const settings = join(sandbox.directory, "work", "Pulumi.least.yaml");
    const text = await readFile(variables.PULUMI_OPTION_CONFIG_FILE ?? "", "utf8");
    await writeFile(settings, text);
    set = async (values) => {
      const lines = (await readFile(settings, "utf8")).split("\n");
      const others = lines.filter((line) => !Object.keys(values).some((key) => line.includes(`sophia:${key}:`)));
      const own = Object.entries(values).map(([key, value]) => `  sophia:${key}: ${value}`);
      await writeFile(settings, others.join("\n").replace(/^config:$/m, ["config:", ...own].join("\n")));
    };
    await set({ snowflakeManage: "false", snowflakeAdminRole: "SOPHIA_SECRETS_ADMIN" });
    env = {
      SOPHIA_SNOWFLAKE_ADMIN_USER: "SOPHIA_SECRETS",
      SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: token,
      PULUMI_OPTION_CONFIG_FILE: settings,
    };
  });
  after(() => sandbox.dispose());

  it("are enough to bring the stack up, and to rotate from a password to an access token", async () => {
    const up = await sandbox.cli(["up"], { env });
    assert.equal(up.code, 0, said(up));
    await run(admin, "GRANT OWNERSHIP ON NETWORK POLICY SOPHIA_SECRETS_ONLY TO ROLE SOPHIA_SECRETS_ADMIN");
    await set({ snowflakeCredential: "access-token", snowflakeNetworkPolicy: "SOPHIA_SECRETS_ONLY" });
    const rotate = await sandbox.cli(["rotate", "--service", "snowflake", "--grace", "0"], { env });
    assert.equal(rotate.code, 0, said(rotate));
    const test = await sandbox.cli(["test", "snowflake", "--output", "none"], { env });
    assert.equal(test.code, 0, said(test));
  });

  it("do not make an administrator of the tool", async () => {
    const tool = { username: "SOPHIA_SECRETS", password: env.SOPHIA_SNOWFLAKE_ADMIN_PASSWORD ?? "" };
    const forbidden = [
      "CREATE DATABASE ELSEWHERE",
      "CREATE WAREHOUSE ELSEWHERE",
      "CREATE NETWORK POLICY ELSEWHERE ALLOWED_IP_LIST = ('0.0.0.0/0')",
      "GRANT ROLE ACCOUNTADMIN TO USER SOPHIA_SECRETS",
      `ALTER USER ${admin.username} SET DISABLED = TRUE`,
      "DROP DATABASE SOPHIA_DB",
    ];
    for (const statement of forbidden) await assert.rejects(run(tool, statement), statement);
  });

  it("and the other statements of the page and of the emergency page are understood", async () => {
    const emergency = readPages().find(({ path }) => path === "docs/emergency.md");
    const others = [...sql.slice(1), ...(emergency?.blocks ?? []).filter(({ language }) => language === "sql")];
    assert.equal(others.length, 4);
    await run(admin, "CREATE USER IF NOT EXISTS SOPHIA_SERVICE");
    for (const { text, line } of others) {
      await assert.doesNotReject(run(admin, ...statementsOf(text)), `line ${line}`);
    }
  });
});
