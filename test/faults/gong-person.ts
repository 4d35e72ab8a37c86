/** What does the person do who makes and deletes Gong's keys? Hands over a new pair when one is needed, and deletes the old ones when told to. */
import { createGongAdmin, type GongAdmin } from "../../sandbox/gong-admin";
import { SANDBOX_STACK } from "../../sandbox/sandbox";
import { type Canaries } from "../support/canaries";
import { type SpecSandbox } from "../support/sandbox";

/** The person at Gong. */
export class GongPerson {
  private readonly admin: GongAdmin;
  private handedOver: { readonly accessKey: string; readonly path: string } | undefined;
  /** All that were handed over. */
  readonly files: string[] = [];
  private wasRetiring = false;

  constructor(
    private readonly sandbox: SpecSandbox,
    private readonly canaries: Canaries,
  ) {
    this.admin = createGongAdmin(sandbox.gong.url, sandbox.adminToken);
  }

  /** The file with the pair that is to be used next: the one that was handed over already, unless it is in use and all is done. */
  async file(): Promise<string> {
    const { current, phase } = this.record();
    const isUsed = this.handedOver !== undefined && phase === "idle" && this.handedOver.accessKey === current;
    if (this.handedOver && !isUsed && this.isAlive(this.handedOver.accessKey)) return this.handedOver.path;
    const { accessKey, secret } = await this.admin.makeKey();
    const pair = { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    for (const [name, value] of Object.entries(pair)) this.canaries.add(name, value);
    const path = await this.sandbox.input(`gong-${this.files.length + 1}.json`, JSON.stringify(pair));
    this.files.push(path);
    this.handedOver = { accessKey, path };
    return path;
  }

  /** Called at every request: deletes what nobody reads any more as soon as the rotation says so. */
  look(): void {
    const isRetiring = this.record().phase === "retiring";
    if (isRetiring && !this.wasRetiring) void this.deleteOthers().catch(() => undefined);
    this.wasRetiring = isRetiring;
  }

  /** Deletes every key but the one that consumers read. */
  async deleteOthers(): Promise<void> {
    const { current } = this.record();
    for (const { accessKey } of this.sandbox.gong.keys())
      if (accessKey !== current) await this.admin.deleteKey(accessKey);
  }

  private isAlive(accessKey: string): boolean {
    return this.sandbox.gong.keys().some((key) => key.accessKey === accessKey);
  }

  private record(): { readonly current: string | undefined; readonly phase: string } {
    const { rotation = {} } = this.sandbox.esc.openValues("sophia", `${SANDBOX_STACK}-intake`) as {
      rotation?: Record<string, { phase: string }>;
    };
    const isUp = this.sandbox.esc.revisions("sophia", SANDBOX_STACK).length > 0;
    const values: Readonly<Record<string, string>> | undefined = isUp ? this.sandbox.published() : undefined;
    return { current: values?.GONG_API_KEY, phase: rotation.gong?.phase ?? "idle" };
  }
}
