/** Which values break careless code? Quotes, backslashes, what shells, YAML and ESC take for references, line breaks and unicode. */

/** A pair for Gong. HTTP Basic allows no colon in the user part and no control characters: https://www.rfc-editor.org/rfc/rfc7617#section-2 */
export const HOSTILE_GONG = {
  accessKey: "KEY'\"\\ $ ${HOME} $${x} $$ `id` {{y}} <&> ключ-🔑",
  secret: "SECRET: '\"\\n\\ ${values.services} $${ $$ `$(id)` #no %2F + <&> grüße-密-🔐",
};

/** A text of several lines in the guise of a key. `\'` because dotenv knows no other way to write a single quote between single quotes, and keeps the backslash. */
export const HOSTILE_LINES = [
  "-----BEGIN PRIVATE KEY-----",
  "MIIEvQIBADANBg+/kqhkiG9w0BAQEF\\'AASC",
  '"${x}" $$ `id` \\ # no comment',
  "  ünïcödé-line-of-the-key=",
  "",
  "-----END PRIVATE KEY-----",
  "",
].join("\n");

/** A value of a name that no service declares. */
export const HOSTILE_OTHER = 'other ${environmentVariables.X} $$ \\ " `x` =#é\nsecond line of the other value';

/** Plain values of the stack's file and what takes their place: Snowflake's identifiers may hold dollar signs. */
export const HOSTILE_IDENTIFIERS = { SOPHIA_WH: "SOPHIA_$WH$$", SOPHIA_DB: "SOPHIA$$DB" };

/** An env file with what has several lines. */
export const HOSTILE_ENV_FILE = `SNOWFLAKE_PRIVATE_KEY='${HOSTILE_LINES}'\nSOPHIA_OTHER='${HOSTILE_OTHER}'\n`;
