/** Who makes Gong's keys in the sandbox? The technical admin: the part that a person plays in Gong's own pages. */
import { type Assistant } from "../automation/rotation/participant";

/** Hands over a new pair when a rotation asks for one and deletes the old key when nothing reads it any more. */
export function createGongAdmin(gongUrl: string, adminToken: string): Assistant {
  const call = async (method: string, path: string): Promise<Response> => {
    const response = await fetch(`${gongUrl}/_admin/${path}`, { method, headers: { "x-sandbox-admin": adminToken } });
    if (!response.ok) throw new Error(`the sandbox's Gong admin was answered ${response.status}`);
    return response;
  };
  return {
    provide: async () => {
      const { accessKey, secret } = (await (await call("POST", "keys")).json()) as {
        accessKey: string;
        secret: string;
      };
      return { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    },
    retire: async (_, values) => {
      await call("DELETE", `keys/${encodeURIComponent(values.GONG_API_KEY ?? "")}`);
      return true;
    },
  };
}
