/** When do tokens end by themselves, and when was anything written last? */
import { type Audit } from "../../audit";
import { type TokenAudit } from "../../audit/tokens";
import { html, type Html } from "../html";
import { mark, section, table, type State } from "../page/parts";
import { day, moment, plural } from "../page/words";

const TOKEN_STATES: Readonly<Record<TokenAudit["state"], State>> = {
  ok: "good",
  expiring: "warn",
  expired: "bad",
  unknown: "unknown",
};

/** The tokens of which something is known. */
export function tokensSection(tokens: readonly TokenAudit[]): Html | false {
  const rows = tokens.map(({ token, createdAt, expires, expiresAt = "", daysLeft = 0, state }) => [
    html`<code>${token}</code>`,
    mark(TOKEN_STATES[state], state),
    createdAt === undefined ? "not known" : day(createdAt),
    expires === "at" ? html`${day(expiresAt)}<small>${left(state, daysLeft)}</small>` : expires,
  ]);
  return (
    tokens.length > 0 &&
    section(
      "tokens",
      "Tokens that end by themselves",
      table({ caption: "Tokens and their ends", columns: ["Token", "State", "Made", "Ends"], groups: [{ rows }] }),
    )
  );
}

function left(state: TokenAudit["state"], days: number): string {
  if (state === "expired") return days < 0 ? `${plural(-days, "day")} ago` : "today";
  return days === 0 ? "within a day" : `in ${plural(days, "day")}`;
}

/** When anything was brought in or written out last. */
export function freshnessSection({ freshness, places }: Pick<Audit, "freshness" | "places">): Html {
  const hasOrganization = places.some(({ visibility }) => visibility !== undefined);
  const rows = [
    ["The intake, by an import or a rotation", freshness.intake] as const,
    ["GitHub repositories and environments", freshness.repositories] as const,
    ...(hasOrganization ? [["The GitHub organization", freshness.organization] as const] : []),
  ].map(([what, { last, days }]) => [what, moment(last), days === undefined ? "" : `${plural(days, "day")} ago`]);
  return section(
    "written",
    "Last written",
    table({ caption: "When anything was written last", columns: ["Where", "When", "Age"], groups: [{ rows }] }),
  );
}
