import type { Channel } from "./channel.ts";
import { isEmergency, type Notification, type Transition } from "./notification.ts";
import { postJson } from "./post.ts";
import { linkOf, render } from "./render.ts";
import type { NotifyConfig } from "./schema.ts";
import { oneLine } from "./text.ts";

/** Transitions after which the environment runs something verified. */
const resolving: readonly Transition[] = ["completed", "rolledBack"];

/** A person is woken only when the way back failed, or there was none; what runs verified again ends it. */
function actionOf(notification: Notification): "trigger" | "resolve" | undefined {
  if (resolving.includes(notification.transition)) return "resolve";
  return isEmergency(notification) ? "trigger" : undefined;
}

/**
 * An event of the Events API v2. One alert an environment: `dedup_key` binds a later success to it; a resolve without an open alert is
 * dropped by PagerDuty. https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md
 */
export function pagerDutyEvent(notification: Notification, routingKey: string): object {
  const { app, environment, promotion, release, previous, who, why, next, at } = notification;
  const event = {
    routing_key: routingKey,
    event_action: actionOf(notification),
    // At most 255 characters.
    dedup_key: `liftlock/${app}/${environment}`.slice(0, 255),
  };
  if (event.event_action === "resolve") return event;
  const { title } = render(notification);
  const link = linkOf(notification);
  return {
    ...event,
    client: "liftlock",
    payload: {
      summary: title,
      source: `${app}/${environment}`,
      severity: "critical",
      ...(!Number.isNaN(at.getTime()) && { timestamp: at.toISOString() }),
      component: app,
      group: environment,
      class: why?.code ?? notification.transition,
      custom_details: {
        promotion,
        release,
        previous,
        who,
        why: why && oneLine(`${why.code}: ${why.message}`, 1000),
        next,
      },
    },
    ...(link !== undefined && { links: [{ href: link, text: "More" }] }),
  };
}

/** PagerDuty, by Events API v2. */
export const pagerDuty = (config: NonNullable<NotifyConfig["pagerDuty"]>): Channel => ({
  name: "pagerDuty",
  wants: (notification) => actionOf(notification) !== undefined,
  deliver: (notification, _key, signal) =>
    postJson(config.url, JSON.stringify(pagerDutyEvent(notification, config.routingKey)), {}, signal),
});
