/** Is a controlling token ever taken for a credential that is rotated? */
import assert from "node:assert/strict";
import { AutomationError } from "../../automation/errors";
import { type ServiceIntake } from "../../automation/esc/intake";
import { refuseControlTokens, refuseHandedOver, refusePublishedTokens } from "../../automation/self-rotation";

const TOKENS = {
  pulumi: "control-pulumi",
  github: "control-github",
  vercel: "control-vercel",
  estuary: "control-estuary",
  snowflakeUser: "ADMIN",
  snowflakePassword: "control-password",
};
const { snowflakeUser: _name, ...SECRETS } = TOKENS;

describe("the identity that rotates", () => {
  for (const [name, token] of Object.entries(SECRETS)) {
    it(`is refused in a slot of the intake (${name})`, () => {
      const slots = { b: { GONG_API_KEY: "KEY", GONG_API_SECRET: token } };
      const failure = failureOf(() => refuseControlTokens(intakeOf({ settings: {}, slots }), { tokens: TOKENS }));
      assert.equal(failure.exitCode, 2);
      assert.match(
        failure.message,
        /^GONG_API_SECRET of gong, slot b, is a controlling token .*; nothing was changed\.$/,
      );
      assert.ok(!`${failure.message} ${failure.hint}`.includes(token));
    });
  }

  it("is refused in a slot that the program has filled: its retirement would delete the tool's own token", () => {
    const slots = {
      vercel: { a: { VERCEL_ACCESS_TOKEN: "of-its-own" }, b: { VERCEL_ACCESS_TOKEN: TOKENS.vercel } },
      estuary: { a: { ESTUARY_API_KEY: TOKENS.estuary } },
    };
    const refused = (part: Partial<typeof slots>) =>
      failureOf(() => refusePublishedTokens({ slots: part }, { tokens: TOKENS })).message;
    assert.match(refused(slots), /^VERCEL_ACCESS_TOKEN of vercel, slot b, is a controlling token/);
    assert.match(refused({ estuary: slots.estuary }), /^ESTUARY_API_KEY of estuary, slot a, is a controlling token/);
    const snowflake = { b: { SNOWFLAKE_USER: "ADMIN", SNOWFLAKE_PASSWORD: TOKENS.snowflakePassword } };
    assert.match(
      failureOf(() => refusePublishedTokens({ slots: { snowflake } }, { tokens: TOKENS })).message,
      /^SNOWFLAKE_PASSWORD of snowflake, slot b/,
    );
  });

  it("is refused when a person hands it over", () => {
    const failure = failureOf(() => refuseHandedOver({ GONG_API_KEY: TOKENS.github }, { tokens: TOKENS }));
    assert.match(failure.message, /^GONG_API_KEY, as handed over, is a controlling token/);
  });

  it("may have a name that somebody else has, and credentials of their own are taken", () => {
    const slots = { a: { GONG_API_KEY: "ADMIN", GONG_API_SECRET: "of-its-own" } };
    refuseControlTokens(intakeOf({ settings: {}, slots }), { tokens: TOKENS });
    refusePublishedTokens({ slots: { gong: slots } }, { tokens: TOKENS });
    refuseHandedOver({ GONG_API_KEY: "ADMIN", GONG_API_SECRET: "" }, { tokens: { ...TOKENS, estuary: "x" } });
  });
});

function intakeOf(gong: ServiceIntake) {
  return { service: (name: string) => (name === "gong" ? gong : { settings: {}, slots: {} }) };
}

function failureOf(work: () => void): AutomationError {
  try {
    work();
  } catch (error) {
    if (error instanceof AutomationError) return error;
    throw error;
  }
  return assert.fail("it was taken");
}
