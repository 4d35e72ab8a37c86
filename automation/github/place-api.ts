/** Which requests list and change the entries of one place at GitHub? A repository, an environment in it, or the organization with an audience. */
import { type HttpResult } from "../http";
import { type GitHubClient } from "./client";
import { PAGE_SIZES, type WrittenKind } from "./entries";
import { parsePublicKey, seal, type PublicKey } from "./sealing";

/** A place by the names that GitHub knows it by. */
export interface PlaceAddress {
  readonly owner: string;
  /** Left out, the organization is meant. */
  readonly repository?: string;
  readonly environment?: string;
  /** Who reads the organization's entries. */
  readonly visibility?: "all" | "private" | "selected";
  /** Names of the readers, where the visibility is `selected`. */
  readonly repositories?: readonly string[];
}

/** An entry as GitHub lists it. */
export interface ListedEntry {
  readonly name: string;
  readonly updated_at?: string;
  /** Of variables. */
  readonly value?: string;
}

const WORDS = { secret: "secrets", variable: "variables" } as const;

/** Up to so many readers are looked up one by one; with more of them, listing all of the owner's repositories takes fewer requests. */
const SINGLE_LOOKUPS = 30;

/** `github payready/sophia`, `github payready/sophia environment production`, `github organization payready`. */
export function addressLabel({ owner, repository, environment }: PlaceAddress): string {
  if (repository === undefined) return `github organization ${owner}`;
  return `github ${owner}/${repository}${environment === undefined ? "" : ` environment ${environment}`}`;
}

/** Reads and changes one place. Every method throws a `GitHubRefusal` where GitHub does not do what was asked. */
export class PlaceApi {
  private key: Promise<PublicKey> | undefined;
  private audience: Promise<object> | undefined;

  constructor(
    readonly client: GitHubClient,
    private readonly place: PlaceAddress,
  ) {}

  /** What is there of one kind, by name; undefined where the place is not there, or not for this token. */
  async list(kind: WrittenKind): Promise<ReadonlyMap<string, ListedEntry> | undefined> {
    try {
      const items = await this.client.pages<ListedEntry>(this.path(kind), WORDS[kind], PAGE_SIZES[WORDS[kind]]);
      return new Map(items.map((item) => [item.name, item]));
    } catch (error) {
      if ((error as { status?: number }).status === 404) return undefined;
      throw error;
    }
  }

  /** What every write of a secret needs, asked for once however many there are. */
  async prepare(kinds: readonly WrittenKind[]): Promise<void> {
    await Promise.all([kinds.includes("secret") ? this.publicKey() : undefined, this.readers()]);
  }

  /** Writes a secret over whatever is there. A key that has changed since is read again, once for all who find out. */
  async putSecret(name: string, value: string): Promise<void> {
    const key = this.publicKey();
    const status = await this.putSealed(name, value, await key);
    if (status === 201 || status === 204) return;
    if (status !== 422) throw this.refusal("PUT", "secret", name, status);
    if (this.key === key) this.key = undefined;
    const again = await this.putSealed(name, value, await this.publicKey());
    if (again !== 201 && again !== 204) throw this.refusal("PUT", "secret", name, again);
  }

  /** Changes a variable of ours, or makes it; one that is somebody else's is refused. */
  async putVariable(name: string, value: string, isOurs: boolean): Promise<void> {
    const body = { name, value, ...(await this.readers()) };
    if (isOurs) {
      const { status } = await this.client.send("PATCH", this.path("variable", name), body);
      if (status === 204) return;
      if (status !== 404) throw this.refusal("PATCH", "variable", name, status);
    }
    const { status } = await this.client.send("POST", this.path("variable"), body);
    if (status === 201) return;
    if (status !== 409) throw this.refusal("POST", "variable", name, status);
    if (await this.hasValue(name, value)) return;
    throw this.refusal("POST", "variable", name, status, "there is one already, which this stack did not write");
  }

  /** Removes an entry; one that is gone already is a success. */
  async remove(kind: WrittenKind, name: string): Promise<void> {
    const { status } = await this.client.send("DELETE", this.path(kind, name));
    if (status !== 204 && status !== 404) throw this.refusal("DELETE", kind, name, status);
  }

  /** An attempt whose answer was lost may have made it. */
  private async hasValue(name: string, value: string): Promise<boolean> {
    const { status, text } = await this.client.send("GET", this.path("variable", name));
    if (status !== 200) return false;
    return (JSON.parse(text) as { value?: unknown }).value === value;
  }

  private async putSealed(name: string, value: string, key: PublicKey): Promise<HttpResult["status"]> {
    const body = { key_id: key.id, encrypted_value: await seal(value, key), ...(await this.readers()) };
    return (await this.client.send("PUT", this.path("secret", name), body)).status;
  }

  private publicKey(): Promise<PublicKey> {
    this.key ??= this.client.get<object>(`${this.path("secret")}/public-key`).then(parsePublicKey);
    return this.key;
  }

  /** The part of a body that says who reads an entry of the organization. */
  private readers(): Promise<object> {
    this.audience ??= this.findReaders();
    return this.audience;
  }

  private async findReaders(): Promise<object> {
    const { repository, visibility = "private", repositories = [] } = this.place;
    if (repository !== undefined) return {};
    if (visibility !== "selected") return { visibility };
    return { visibility, selected_repository_ids: await this.repositoryIds(repositories) };
  }

  private async repositoryIds(names: readonly string[]): Promise<number[]> {
    const owner = encodeURIComponent(this.place.owner);
    if (names.length <= SINGLE_LOOKUPS) {
      const ask = (name: string) => this.client.get<{ id: number }>(`repos/${owner}/${encodeURIComponent(name)}`);
      return (await Promise.all(names.map(ask))).map(({ id }) => id);
    }
    const all = await this.client.pages<{ name: string; id: number }>(`orgs/${owner}/repos`, undefined, 100);
    const ids = new Map(all.map(({ name, id }) => [name.toLowerCase(), id]));
    return names.map((name) => {
      const id = ids.get(name.toLowerCase());
      if (id === undefined) throw this.client.refusal("GET", `repos/${owner}/${encodeURIComponent(name)}`, 404);
      return id;
    });
  }

  private path(kind: WrittenKind, name?: string): string {
    const { owner, repository, environment } = this.place;
    const below = name === undefined ? WORDS[kind] : `${WORDS[kind]}/${encodeURIComponent(name)}`;
    if (repository === undefined) return `orgs/${encodeURIComponent(owner)}/actions/${below}`;
    const base = `repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}`;
    if (environment === undefined) return `${base}/actions/${below}`;
    return `${base}/environments/${encodeURIComponent(environment)}/${below}`;
  }

  private refusal(method: string, kind: WrittenKind, name: string, status: number, detail?: string) {
    return this.client.refusal(method, this.path(kind, name), status, detail);
  }
}
