/** What does Snowflake answer when a statement or a log-in is refused? Numeric-string codes and SQL states as its drivers see them. */

/** A refusal. The drivers get HTTP 200 with `success: false`, because they retry every 5xx. */
export class SqlError extends Error {
  /**
   * @param code Snowflake's number as a string with leading zeros, e.g. `002003`
   * @param sqlState five characters
   */
  constructor(
    readonly code: string,
    message: string,
    readonly sqlState: string,
  ) {
    super(message);
    this.name = "SqlError";
  }
}

/** The statement cannot be parsed; `near` is a keyword or punctuation, never a literal. */
export function syntaxError(position: number, near: string): SqlError {
  return new SqlError(
    "001003",
    `SQL compilation error:\nsyntax error line 1 at position ${position} unexpected '${near}'.`,
    "42000",
  );
}

/** A value that the property does not take. */
export function invalidValue(property: string): SqlError {
  return new SqlError("001008", `SQL compilation error:\ninvalid value for property '${property}'`, "22023");
}

/** A property or parameter that the object does not have. */
export function invalidProperty(property: string, noun: string): SqlError {
  return new SqlError("001420", `SQL compilation error:\ninvalid property '${property}' for '${noun}'`, "22023");
}

/** The same words for "is not there" and "you may not see it"; the Terraform provider looks for them. */
export function doesNotExist(noun: string, name: string): SqlError {
  return new SqlError(
    "002003",
    `SQL compilation error:\n${capital(noun)} '${name}' does not exist or not authorized.`,
    "02000",
  );
}

/** The name is taken. */
export function alreadyExists(name: string): SqlError {
  return new SqlError("002002", `SQL compilation error:\nObject '${name}' already exists.`, "42710");
}

/** The session's role lacks a privilege. */
export function insufficientPrivileges(noun: string, name: string): SqlError {
  return new SqlError(
    "003001",
    `SQL access control error:\nInsufficient privileges to operate on ${noun.toLowerCase()} '${name}'`,
    "42501",
  );
}

/** Log-in refusals: `data.sqlState` 08001. */
export function logInError(code: string, message: string): SqlError {
  return new SqlError(code, message, "08001");
}

function capital(noun: string): string {
  return noun.charAt(0).toUpperCase() + noun.slice(1).toLowerCase();
}
