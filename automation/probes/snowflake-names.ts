/** How are names of Snowflake's objects written and compared? https://docs.snowflake.com/en/sql-reference/identifiers-syntax */

/** The name as it is written in SQL, quoted only where it must be. */
export function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name)) return name;
  return `"${bareName(name).replaceAll('"', '""')}"`;
}

/** Whether a configured name is the one that Snowflake says; unquoted names are upper-cased. */
export function isSameName(configured: string, current: string): boolean {
  if (/^".*"$/s.test(configured)) return current === bareName(configured);
  return current === configured || current === configured.toUpperCase();
}

/** A full name as SHOW GRANTS prints it: upper case, and quoted only what is not. */
export function printedName(parts: readonly string[]): string {
  return parts
    .map((part) => {
      const name = /^[A-Za-z_][A-Za-z0-9_$]*$/.test(part) ? part.toUpperCase() : bareName(part);
      return /^[A-Z_][A-Z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
    })
    .join(".");
}

function bareName(name: string): string {
  return /^"(?:[^"]|"")*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}
