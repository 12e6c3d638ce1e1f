import type { Channel } from "./channel.ts";
import type { Notification } from "./notification.ts";
import { postJson } from "./post.ts";
import { linkOf, render, type Severity } from "./render.ts";
import type { NotifyConfig } from "./schema.ts";

/** `&`, `<` and `>` are Slack's markup (`<!channel>` would call everybody): https://docs.slack.dev/messaging/formatting-message-text */
const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const signs: Readonly<Record<Severity, string>> = {
  info: "🟢",
  warning: "🟡",
  error: "🔴",
  critical: "🚨",
};

/**
 * The message in blocks, and `text` for notifications on a phone. Within Slack's limits: a header of 150 characters, a section of
 * 3,000: https://docs.slack.dev/reference/block-kit/blocks
 */
export function slackMessage(notification: Notification): object {
  const { title, lines, severity } = render(notification);
  const link = linkOf(notification);
  const rows = lines.filter((line) => line !== notification.link).map(escape);
  // `|` would end the address within Slack's markup.
  if (link !== undefined) rows.push(`<${escape(link.replaceAll("|", "%7C"))}|More>`);
  return {
    text: escape(`${signs[severity]} ${title}`),
    blocks: [
      { type: "header", text: { type: "plain_text", text: `${signs[severity]} ${title}` } },
      { type: "section", text: { type: "mrkdwn", text: rows.join("\n") } },
    ],
  };
}

/** Slack, by incoming webhook. */
export const slack = (config: NonNullable<NotifyConfig["slack"]>): Channel => ({
  name: "slack",
  wants: ({ transition }) => config.on.includes(transition),
  deliver: (notification, _key, signal) =>
    postJson(config.url, JSON.stringify(slackMessage(notification)), {}, signal),
});
