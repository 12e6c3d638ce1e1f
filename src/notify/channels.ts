import type { Channel } from "./channel.ts";
import { email } from "./email.ts";
import { pagerDuty } from "./pagerDuty.ts";
import type { NotifyConfig } from "./schema.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

/** The channels that a configuration names. */
export const channelsOf = (config: NotifyConfig): Channel[] => [
  ...(config.slack ? [slack(config.slack)] : []),
  ...(config.email ? [email(config.email)] : []),
  ...(config.pagerDuty ? [pagerDuty(config.pagerDuty)] : []),
  ...config.webhooks.map(webhook),
];
