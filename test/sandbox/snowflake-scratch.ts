import { startSnowflake } from "../../sandbox/snowflake";
import * as exec from "../../sandbox/snowflake/execute";
import { openTestStack } from "../support/engine";
import { RawClient } from "./snowflake-client";
import * as program from "./snowflake-program";
(async () => {
  const server = await startSnowflake({ organization: "PAYREADY", account: "SANDBOX", seed: { users: [{ name: "DEPLOY", password: program.DEPLOY_PASSWORD, rsaPublicKey: program.KEYS.deploy.publicText, roles: ["ACCOUNTADMIN"], defaultRole: "ACCOUNTADMIN" }] } });
  const st = await openTestStack({ program: program.declare(server.port, { ...program.DECLARED, imported: true, keyLogIn: true }) });
  const admin = new RawClient(server); await admin.logIn({ LOGIN_NAME: "DEPLOY", PASSWORD: program.DEPLOY_PASSWORD });
  for (const s of program.FOUND) await admin.rows(s);
  (globalThis as any).SQLLOG = [];
  try { const r = await st.up(); console.log(r.steps.filter(s=>s.op!=="create")); } catch (e) { console.log(String(e).slice(0,3000)); }
  console.log((globalThis as any).SQLLOG.filter((s: string) => /FOUND/.test(s) && !/^(SHOW|DESC)/.test(s)).map((s: string)=>s.slice(0,300)));
  await st.dispose(); await server.close();
})().catch((e) => { console.error(e); process.exitCode = 1; });
