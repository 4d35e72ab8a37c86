/** Is `.env.example` what the catalogue says? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { renderTemplate } from "../../../automation/env-file/template";
import { services } from "../../../services";
import { variablesFor } from "../../../services/select";

describe("the template", () => {
  it("is what .env.example holds: run `npx sophia-secrets template > .env.example` after a change of the catalogue", () => {
    assert.equal(readFileSync(join(__dirname, "../../../.env.example"), "utf8"), renderTemplate(services));
  });

  it("has a line for every variable that consumers read, but not twice for one value", () => {
    const expected = variablesFor("esc").filter(({ sameAs }) => sameAs === undefined);
    assert.deepEqual(
      Object.keys(parse(renderTemplate(services))),
      expected.map(({ name }) => name),
    );
  });

  it("names no controlling token and gives no secret a value", () => {
    const values = parse(renderTemplate(services));
    assert.equal(Object.hasOwn(values, "GITHUB_TOKEN") || Object.hasOwn(values, "PULUMI_ACCESS_TOKEN"), false);
    const secrets = variablesFor("esc").filter(({ secret }) => secret);
    assert.deepEqual(
      secrets.filter(({ name }) => values[name]),
      [],
    );
  });
});
