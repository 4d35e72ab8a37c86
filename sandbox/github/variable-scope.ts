/** What does one place for Actions variables hold? Names with values in clear. */
import { type Audience } from "./audience";
import { MAX_VALUE_BYTES, storedName } from "./names";
import { failure, notFound } from "./replies";

/** A variable as it lies in a scope. */
export interface StoredVariable {
  readonly name: string;
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly audience?: Audience;
}

/** Variables of a repository, environment or organization (https://docs.github.com/rest/actions/variables). */
export class VariableScope {
  private readonly variables = new Map<string, StoredVariable>();

  /** @param limit how many variables fit; the next one is refused with 422. */
  constructor(
    private readonly limit: number,
    private readonly now: () => Date,
  ) {}

  list(): readonly StoredVariable[] {
    return [...this.variables.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): StoredVariable | undefined {
    return this.variables.get(name.toUpperCase());
  }

  /** Throws 404. */
  require(name: string): StoredVariable {
    const found = this.find(name);
    if (!found) throw notFound();
    return found;
  }

  /** Throws 409 when the name is taken, 422 when name, value or number is refused. */
  create(name: unknown, value: unknown, audience?: Audience): void {
    const stored = storedName("Variable", name);
    if (this.variables.has(stored)) throw failure(409, "Already exists - Variable already exists");
    if (this.variables.size >= this.limit) throw failure(422, `Cannot create more than ${this.limit} variables here.`);
    const now = this.now();
    this.variables.set(stored, {
      name: stored,
      value: checkedValue(value),
      createdAt: now,
      updatedAt: now,
      ...(audience ? { audience } : {}),
    });
  }

  /** Changes what is given; a new name moves the variable. Throws 404, 409 and 422. */
  update(
    name: string,
    change: { readonly name?: unknown; readonly value?: unknown; readonly audience?: Audience },
  ): void {
    const before = this.require(name);
    const stored = change.name === undefined ? before.name : storedName("Variable", change.name);
    if (stored !== before.name && this.variables.has(stored)) {
      throw failure(409, "Already exists - Variable already exists");
    }
    const value = change.value === undefined ? before.value : checkedValue(change.value);
    this.variables.delete(before.name);
    this.variables.set(stored, {
      ...before,
      name: stored,
      value,
      updatedAt: this.now(),
      ...(change.audience ? { audience: change.audience } : {}),
    });
  }

  /** As a person would set it in the web page; creates it where it is missing. */
  editOutside(name: string, value: string): void {
    if (this.find(name)) this.update(name, { value });
    else this.create(name, value);
  }

  /** Throws 404. */
  remove(name: string): void {
    if (!this.variables.delete(name.toUpperCase())) throw notFound();
  }
}

function checkedValue(value: unknown): string {
  if (typeof value !== "string") throw failure(422, "Invalid request.\n\nvalue must be a string.");
  if (Buffer.byteLength(value, "utf8") > MAX_VALUE_BYTES)
    throw failure(422, "Variable value is too large: at most 48 KB.");
  return value;
}
