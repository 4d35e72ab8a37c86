/** Who makes Gong's keys in the sandbox? The technical admin: the part that a person plays in Gong's own pages. */
import { type Assistant } from "../automation/rotation/world";

/** The admin of a sandbox's Gong. */
export interface GongAdmin {
  /** Makes one more key. */
  makeKey(): Promise<{ readonly accessKey: string; readonly secret: string }>;
  deleteKey(accessKey: string): Promise<void>;
  /** Deletes every key but the newest; returns how many. */
  deleteOlder(): Promise<number>;
}

/** The admin at the address of the stand-in. */
export function createGongAdmin(gongUrl: string, adminToken: string): GongAdmin {
  const call = async (method: string, path: string): Promise<Response> => {
    const response = await fetch(`${gongUrl}/_admin/${path}`, { method, headers: { "x-sandbox-admin": adminToken } });
    if (!response.ok) throw new Error(`the sandbox's Gong admin was answered ${response.status}`);
    return response;
  };
  return {
    makeKey: async () => (await (await call("POST", "keys")).json()) as { accessKey: string; secret: string },
    deleteKey: async (accessKey) => void (await call("DELETE", `keys/${encodeURIComponent(accessKey)}`)),
    deleteOlder: async () => ((await (await call("DELETE", "keys")).json()) as { deleted: number }).deleted,
  };
}

/** Hands over a new pair when a rotation asks for one and deletes the old key when nothing reads it any more. */
export function createGongAssistant(admin: GongAdmin): Assistant {
  return {
    provide: async () => {
      const { accessKey, secret } = await admin.makeKey();
      return { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    },
    retire: async (_, values) => {
      await admin.deleteKey(values.GONG_API_KEY ?? "");
      return true;
    },
  };
}
