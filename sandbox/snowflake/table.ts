/** What does a query answer with? Columns with Snowflake's type names, and cells that are text or null, as the drivers' JSON row sets want them. */

/** `timestamp_ltz` cells are seconds with nine decimals, `fixed` cells digits; see {@link timestamp}. */
export type ColumnType = "text" | "fixed" | "boolean" | "timestamp_ltz";

/** A column's name and type. */
export type Column = readonly [name: string, type: ColumnType];

/** A cell: gosnowflake refuses JSON numbers and booleans. */
export type Cell = string | null;

/** A result. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** True for what changes something; a driver asks for no rows then. */
  readonly change?: boolean;
}

/** What a column is called, of which type it is, and what stands in it for one object. */
export type ColumnOf<T> = readonly [name: string, type: ColumnType, cell: (object: T) => Cell];

/** A table with one row an object. */
export function tableOf<T>(columns: readonly ColumnOf<T>[], objects: readonly T[]): Table {
  return {
    columns: columns.map(([name, type]): Column => [name, type]),
    rows: objects.map((object) => columns.map(([, , cell]) => cell(object))),
  };
}

/** The one-line result of a statement that changes something. */
export function status(message: string): Table {
  return { columns: [["status", "text"]], rows: [[message]], change: true };
}

/** Milliseconds since 1970 as Snowflake writes a `timestamp_ltz`; anything else fails in the Terraform provider. */
export function timestamp(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)}000000`;
}

/** The `data.rowtype` entry of a column. */
export function rowType([name, type]: Column): Record<string, unknown> {
  const text = { length: 16_777_216, byteLength: 16_777_216, precision: null, scale: null };
  const exact = { length: null, byteLength: null, precision: 38, scale: 0 };
  const instant = { length: null, byteLength: null, precision: 0, scale: 9 };
  const shape = type === "fixed" ? exact : type === "timestamp_ltz" ? instant : text;
  return { name, type, nullable: true, database: "", schema: "", table: "", collation: null, ...shape };
}

/** A matcher for `SHOW … LIKE`: case-insensitive, `%` any text, `_` one character, a backslash takes the next as it is. */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/\\([\s\S])|[%_]|[.*+?^${}()|[\]\\/-]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    if (found === "%") return "[\\s\\S]*";
    if (found === "_") return "[\\s\\S]";
    return `\\${found}`;
  });
  const expression = new RegExp(`^${source}$`, "i");
  return (text) => expression.test(text);
}

/** A name as Snowflake prints it in lists of grants: parts that are no simple upper-case identifiers stand in quotes. */
export function printName(parts: readonly string[]): string {
  return parts.map((part) => (/^[A-Z_][A-Z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
}
