/** How do the specs talk to the Vercel stand-in? As the provider does, over a socket, with `?teamId=` on nearly every request. */
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";

/** The token that the stand-in is started with. */
export const CONTROL_TOKEN = "controlTokenOfTheSandbox1";

/** The id of the team; its slug is `payready`. */
export const TEAM_ID = "team_1";

/** An environment variable in a reply. */
export interface Variable {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly type: string;
  readonly target: readonly string[];
  readonly comment: string;
  readonly decrypted: boolean;
}

/** The body of a refusal. */
export interface Refusal {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly target?: string[];
    readonly envVarKey?: string;
  };
}

/** Status and parsed body; an empty body is an empty object. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A stand-in with the projects `prj_1` (`sophia`) and `prj_2` (`web`), a clock that the spec moves, and a client. */
export class VercelBench {
  /** Milliseconds since 1970. */
  now = Date.parse("2026-11-23T09:00:00Z");
  private standIn: VercelStandIn | undefined;

  get vercel(): VercelStandIn {
    if (!this.standIn) throw new Error("open() was not called");
    return this.standIn;
  }

  async open(): Promise<void> {
    this.standIn = await startVercel({
      controlToken: CONTROL_TOKEN,
      team: { id: TEAM_ID, slug: "payready" },
      projects: [
        { id: "prj_1", name: "sophia" },
        { id: "prj_2", name: "web" },
      ],
      buildMilliseconds: 300,
      now: () => this.now,
    });
  }

  close(): Promise<void> {
    return this.vercel.close();
  }

  /** With `?teamId=`. */
  ask<T = Refusal>(method: string, path: string, body?: unknown, token = CONTROL_TOKEN): Promise<Answer<T>> {
    return this.askAsIs(method, `${path}${path.includes("?") ? "&" : "?"}teamId=${TEAM_ID}`, body, token);
  }

  /** With the query as it is given; `null` sends no token. */
  async askAsIs<T = Refusal>(
    method: string,
    path: string,
    body?: unknown,
    token: string | null = CONTROL_TOKEN,
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.vercel.url}${path}`, {
      method,
      headers: { connection: "close", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as T };
  }
}
