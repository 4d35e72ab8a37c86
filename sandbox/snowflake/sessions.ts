/** Which sessions are open? Their tokens, expiry and renewal. */
import { randomBytes } from "node:crypto";
import { type Account } from "./account";
import { type Session } from "./context";
import { logInError } from "./errors";
import { type Role, type User } from "./objects";

/** How long a session's token and the token that renews it are good, in seconds. */
export const VALIDITY = { session: 3600, master: 14_400 };

/** What a session wants to use, by name as given. */
export interface SessionWishes {
  readonly warehouse: string | undefined;
  readonly database: string | undefined;
  readonly schema: string | undefined;
}

/** The open sessions of an account. Part of the drivers never log out, so they expire. */
export class Sessions {
  private open = new Map<string, Session>();
  private nextId = 1_000_001;

  constructor(private readonly account: Account) {}

  start(user: User, role: Role, wishes: SessionWishes): Session {
    this.sweep();
    const now = this.account.clock();
    const session: Session = {
      id: this.nextId++,
      token: newToken(),
      masterToken: newToken(),
      user,
      role,
      ...wishes,
      expiresAt: now + VALIDITY.session * 1000,
      masterExpiresAt: now + VALIDITY.master * 1000,
      lastQueryId: undefined,
    };
    this.open.set(session.token, session);
    return session;
  }

  /**
   * The session of a token, whose user must still be there and enabled. Throws 390112 when it has expired, which makes drivers renew it,
   * and 390104 when there is none.
   */
  require(token: string): Session {
    const session = this.open.get(token);
    if (!session) throw logInError("390104", "Session no longer exists. New login required to access the service.");
    const { user } = session;
    if (this.account.users.find(user.name) !== user || user.disabled) {
      throw logInError("390104", "Session no longer exists. New login required to access the service.");
    }
    if (session.expiresAt <= this.account.clock()) {
      throw logInError("390112", "Your session has expired. Please login again.");
    }
    return session;
  }

  /** A new token for the session with this master token. Throws 390114 when that has expired or is unknown. */
  renew(masterToken: string): Session {
    const session = [...this.open.values()].find((candidate) => candidate.masterToken === masterToken);
    if (!session || session.masterExpiresAt <= this.account.clock()) {
      throw logInError("390114", "Authentication token has expired. The user must authenticate again.");
    }
    this.open.delete(session.token);
    session.token = newToken();
    session.expiresAt = this.account.clock() + VALIDITY.session * 1000;
    this.open.set(session.token, session);
    return session;
  }

  end(token: string): void {
    this.open.delete(token);
  }

  /** Makes every session's token expire now; drivers can still renew it. */
  expireAll(): void {
    for (const session of this.open.values()) session.expiresAt = this.account.clock();
  }

  get count(): number {
    return this.open.size;
  }

  private sweep(): void {
    const now = this.account.clock();
    for (const [token, { masterExpiresAt }] of this.open) if (masterExpiresAt <= now) this.open.delete(token);
  }
}

function newToken(): string {
  return `ver:3-hint:${randomBytes(6).readUIntBE(0, 6)}-${randomBytes(48).toString("base64url")}`;
}
