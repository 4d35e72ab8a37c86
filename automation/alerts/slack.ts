/** How does Slack show an alert? Text with blocks, as its incoming webhooks take them: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import { visible } from "../visible";
import { titleOf, type Alert } from "./alert";

/** Findings in one message; Slack takes 50 blocks of 3,000 characters. */
const SHOWN = 20;
const LONGEST = 2_900;

/** The message. Whatever comes from outside is escaped, so that no name can call people or make a link. */
export function slackMessage(alert: Alert): object {
  const title = `${alert.state === "failing" ? ":rotating_light:" : ":white_check_mark:"} ${escape(titleOf(alert))}`;
  const lines = alert.findings.slice(0, SHOWN).map(({ level, message, command }) => {
    const run = command === undefined ? "" : `\n\`${escape(command).replaceAll("`", "'")}\``;
    return section(`*${level}* ${escape(message)}${run}`);
  });
  const more = alert.findings.length - SHOWN;
  return {
    text: title,
    blocks: [section(title), ...lines, ...(more > 0 ? [section(`and ${more} more`)] : [])],
  };
}

function section(text: string): object {
  return {
    type: "section",
    text: { type: "mrkdwn", text: text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text },
  };
}

/** https://docs.slack.dev/messaging/formatting-message-text/#escaping */
function escape(text: string): string {
  return visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
