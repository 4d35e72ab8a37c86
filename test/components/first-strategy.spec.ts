/** What does the program make of a stack whose settings choose another strategy than the first one, before and after that is noted? */
import assert from "node:assert/strict";
import { type Recording } from "../support/mocks";
import { recordProgram } from "../support/program";
import { startTinyEsc, type TinyEsc } from "../support/tiny-esc";

const KEY_PAIR = "pulumi-nodejs:dynamic/credentials:RsaKeyPair";
const OUTPUTS = {
  [KEY_PAIR]: (name: string) => ({ privateKey: `canary-private-${name}`, publicKey: `public-${name}` }),
};

describe("the program, told to use key pairs", () => {
  let esc: TinyEsc;
  beforeEach(async () => {
    esc = await startTinyEsc();
    esc.write("development-intake", "values: {}\n");
  });
  afterEach(() => esc.close());

  const run = () => recordProgram(esc, { snowflakeCredential: "key-pair" }, OUTPUTS);
  const users = ({ list }: Recording) => list().filter((line) => /^snowflake:.*:(Legacy)?ServiceUser /.test(line));

  it("refuses to make the first credentials of a stack before the strategy is noted: its second run would not know of it", async () => {
    await assert.rejects(run(), /does not say yet by which strategy.*Snowflake/);
  });

  it("goes on with passwords where a stack has been brought about by them", async () => {
    esc.write("development", "values: {}\n");
    assert.deepEqual(users(await run()), ["snowflake:index/legacyServiceUser:LegacyServiceUser snowflake-user-a"]);
  });

  it("makes a key pair where the record says so, whatever the settings say", async () => {
    const strategy = "{current: a, phase: idle, slots: {a: {generation: 1, strategy: key-pair}}}";
    esc.write("development-intake", `values: {rotation: {snowflake: ${strategy}}}\n`);
    const recording = await recordProgram(esc, { snowflakeCredential: "password" }, OUTPUTS);
    assert.deepEqual(users(recording), ["snowflake:index/serviceUser:ServiceUser snowflake-service-user"]);
    const { missing, destinations } = recording.result as { missing: string[]; destinations: { github: string[] } };
    assert.ok(!missing.includes("SNOWFLAKE_PASSWORD") && !missing.includes("SNOWFLAKE_PRIVATE_KEY"));
    assert.ok(
      destinations.github.includes("SNOWFLAKE_PRIVATE_KEY") && !destinations.github.includes("SNOWFLAKE_PASSWORD"),
    );
  });
});
