/** Can a name end the quotes in which we put it into SQL? Asked of the statements as they go over the wire. */
import assert from "node:assert/strict";
import fc from "fast-check";
import driver from "snowflake-sdk";
import { quoteIdentifier, quoteText } from "../../automation/snowflake-admin";
import { snowflakeAccessTokenProvider } from "../../components/credentials/snowflake-access-token";
import { tokenizeOne } from "../../sandbox/snowflake/tokens";

const PIECES = [
  "'",
  "''",
  '"',
  '""',
  "\\",
  "\\'",
  '\\"',
  ";",
  "--",
  "//",
  "/*",
  "*/",
  "$$",
  "%",
  "_",
  "\n",
  "\u2028",
  "\0",
];
const ATTACKS = ['U"; DROP USER ADMIN; --', "U'; DROP USER ADMIN; --", 'U" SET PASSWORD = "x', "\\'; DROP ROLE R; --"];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES, ...ATTACKS), fc.string({ unit: "binary", maxLength: 5 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""))
  .filter((name) => name !== "");

const shapeOf = (sql: string) => tokenizeOne(sql).map(({ kind, text }) => [kind, text]);

describe("P13: a hostile name in SQL", () => {
  it('"; DROP USER … is the name of a user and nothing else, 10,000 times', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        assert.deepEqual(shapeOf(`DESCRIBE USER ${quoteIdentifier(name)}`), [
          ["word", "DESCRIBE"],
          ["word", "USER"],
          ["identifier", name],
        ]);
      }),
      { numRuns: 10_000 },
    );
  });

  it("'; DROP USER … is a text and nothing else, also with a backslash before its quote, 10,000 times", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.deepEqual(shapeOf(`SELECT ${quoteText(text)}`), [
          ["word", "SELECT"],
          ["string", text],
        ]);
      }),
      { numRuns: 10_000 },
    );
  });

  describe("of an access token", () => {
    const sent: string[] = [];
    const original = driver.createConnection;
    const environment = { ...process.env };

    before(() => {
      Object.assign(process.env, { SOPHIA_SNOWFLAKE_ADMIN_USER: "A", SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "b" });
      // The wire itself: what is handed to the driver is what Snowflake gets.
      const connection = {
        connect: (done: (error: undefined) => void) => done(undefined),
        destroy: (done: () => void) => done(),
        execute: ({ sqlText, complete }: { sqlText: string; complete: (...words: unknown[]) => void }) => {
          sent.push(sqlText);
          complete(undefined, undefined, [{ token_secret: "t", name: "none" }]);
        },
      };
      Object.assign(driver, { createConnection: () => connection });
    });
    after(() => {
      Object.assign(driver, { createConnection: original });
      for (const name of ["SOPHIA_SNOWFLAKE_ADMIN_USER", "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD"]) {
        if (environment[name] === undefined) delete process.env[name];
        else process.env[name] = environment[name];
      }
    });

    it("user, name and role stay what they are when one is made, 1,000 times", async () => {
      const where = { account: "ORG-ACCOUNT", accessUrl: "", adminRole: "R", daysToExpiry: 7 };
      await fc.assert(
        fc.asyncProperty(hostile, hostile, hostile, async (user, name, role) => {
          sent.length = 0;
          await snowflakeAccessTokenProvider.create({ ...where, user, name, role });
          const [shown = [], made = []] = sent.map((sql) => tokenizeOne(sql));
          assert.deepEqual(shown.at(-1)?.text, user);
          const named = made.filter(({ kind }) => kind === "identifier" || kind === "string");
          assert.deepEqual(
            named.map(({ kind, text }) => [kind, text]),
            [
              ["identifier", user],
              ["identifier", name],
              ["string", role],
              ["string", "Owned by sophia-secrets"],
            ],
          );
          assert.deepEqual([shown.length, made.length, sent.length], [8, 17, 2]);
        }),
        { numRuns: 1000 },
      );
    });
  });
});
