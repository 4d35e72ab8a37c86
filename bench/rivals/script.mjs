// What would somebody write in an afternoon? One request after the other: the key of each repository, then every secret, whether it changed or not.
// Usage: node script.mjs FOLDER   with GITHUB_API, GITHUB_OWNER and GITHUB_TOKEN in the environment.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import dotenv from "dotenv";

const sodium = createRequire(import.meta.url)("libsodium-wrappers");
const folder = process.argv[2] ?? ".";
const { GITHUB_API, GITHUB_OWNER, GITHUB_TOKEN } = process.env;
const headers = { authorization: `Bearer ${GITHUB_TOKEN}`, accept: "application/vnd.github+json" };

await sodium.ready;
const secrets = dotenv.parse(readFileSync(path.join(folder, "secrets.env"), "utf8"));
for (const repository of JSON.parse(readFileSync(path.join(folder, "repositories.json"), "utf8"))) {
  const address = `${GITHUB_API}/repos/${GITHUB_OWNER}/${repository}/actions/secrets`;
  const { key, key_id } = await (await fetch(`${address}/public-key`, { headers })).json();
  for (const [name, value] of Object.entries(secrets)) {
    const sealed = sodium.crypto_box_seal(Buffer.from(value), Buffer.from(key, "base64"));
    const body = JSON.stringify({ encrypted_value: Buffer.from(sealed).toString("base64"), key_id });
    const { ok, status } = await fetch(`${address}/${name}`, { method: "PUT", headers, body });
    if (!ok) throw new Error(`${repository} ${name}: HTTP ${status}`);
  }
}
