import { createHash, createHmac } from "node:crypto";
import type { Channel } from "./channel.ts";
import { postJson } from "./post.ts";
import { render } from "./render.ts";
import type { NotifyConfig } from "./schema.ts";

/**
 * The signature of a webhook: HMAC-SHA256 over time stamp, a dot and the body as it was sent. The receiver makes the same one,
 * compares in constant time, and refuses time stamps that are old (five minutes) so that nothing can be sent again.
 * @param timestamp seconds since 1970, as in `X-Liftlock-Timestamp`
 */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;

/** A webhook of one's own: the notification as JSON, signed. */
export function webhook(config: NotifyConfig["webhooks"][number]): Channel {
  const place = createHash("sha256").update(config.url).digest("hex").slice(0, 8);
  return {
    name: `webhook ${URL.canParse(config.url) ? new URL(config.url).host : "?"} (${place})`,
    wants: ({ transition }) => config.on.includes(transition),
    deliver: (notification, key, signal) => {
      const { title, text, severity } = render(notification);
      const at = Number.isNaN(notification.at.getTime()) ? undefined : notification.at.toISOString();
      const body = JSON.stringify({ id: key, ...notification, at, title, text, severity });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const headers = {
        "idempotency-key": key,
        "x-liftlock-timestamp": timestamp,
        "x-liftlock-signature": signature(config.secret, timestamp, body),
      };
      return postJson(config.url, body, headers, signal);
    },
  };
}
