// Uptime checks and alerts.
import type { Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { flag, list, number, object, objects, optionalText, present, text, texts } from "../fields.ts";
import { idOf, restResource } from "./rest-resource.ts";

/** Whom an alert tells, as the API has it. */
function receivers(notification: Props): Props {
  return {
    email: texts(notification, "emails"),
    slack: objects(notification, "slacks").map((slack) => ({
      channel: text(slack, "channel"),
      url: text(slack, "url"),
    })),
  };
}

/** {@link receivers}, back in the SDK's names. */
function receiverOutputs(item: Props): Props {
  const slacks = objects(item, "slack").map((slack) => ({
    channel: text(slack, "channel"),
    url: text(slack, "url"),
  }));
  return present({
    emails: list(item, "email").length > 0 ? texts(item, "email") : undefined,
    slacks: slacks.length > 0 ? slacks : undefined,
  });
}

/** `digitalocean.UptimeCheck`. */
export const uptimeCheck = restResource({
  what: "Uptime Check",
  collection: () => "uptime/checks",
  envelope: "check",
  idOf,
  required: ["target"],
  check: (inputs, olds, name) => ({ enabled: true, ...autonamed(inputs, olds, name) }),
  body: (inputs) =>
    present({
      name: text(inputs, "name"),
      target: text(inputs, "target"),
      type: optionalText(inputs, "type"),
      regions: texts(inputs, "regions"),
      enabled: flag(inputs, "enabled"),
    }),
  outputs: (item) => ({
    name: text(item, "name"),
    target: text(item, "target"),
    type: text(item, "type"),
    regions: texts(item, "regions"),
    enabled: flag(item, "enabled"),
  }),
});

/** `digitalocean.UptimeAlert`. */
export const uptimeAlert = restResource({
  what: "Uptime Alert",
  collection: (props) => `uptime/checks/${text(props, "checkId")}/alerts`,
  envelope: "alert",
  idOf,
  required: ["checkId", "notifications", "type"],
  replaceOn: ["checkId"],
  check: autonamed,
  body: (inputs) =>
    present({
      name: text(inputs, "name"),
      type: text(inputs, "type"),
      threshold: inputs.threshold,
      comparison: optionalText(inputs, "comparison"),
      notifications: receivers(objects(inputs, "notifications")[0] ?? {}),
      period: optionalText(inputs, "period"),
    }),
  outputs: (item) =>
    present({
      name: text(item, "name"),
      type: text(item, "type"),
      threshold: item.threshold,
      comparison: optionalText(item, "comparison"),
      notifications: [receiverOutputs(object(item, "notifications"))],
      period: optionalText(item, "period"),
    }),
});

/** `digitalocean.MonitorAlert`. */
export const monitorAlert = restResource({
  what: "Alert Policy",
  collection: () => "monitoring/alerts",
  envelope: "policy",
  idOf: (item) => text(item, "uuid"),
  required: ["alerts", "compare", "description", "type", "value", "window"],
  check: (inputs) => ({ enabled: true, ...inputs }),
  body: (inputs) => ({
    type: text(inputs, "type"),
    description: text(inputs, "description"),
    compare: text(inputs, "compare"),
    value: number(inputs, "value"),
    window: text(inputs, "window"),
    entities: texts(inputs, "entities"),
    tags: texts(inputs, "tags"),
    alerts: receivers(object(inputs, "alerts")),
    enabled: flag(inputs, "enabled"),
  }),
  outputs: (item) =>
    present({
      uuid: text(item, "uuid"),
      type: text(item, "type"),
      description: text(item, "description"),
      compare: text(item, "compare"),
      value: number(item, "value"),
      window: text(item, "window"),
      entities: list(item, "entities").length > 0 ? texts(item, "entities") : undefined,
      tags: list(item, "tags").length > 0 ? texts(item, "tags") : undefined,
      alerts: receiverOutputs(object(item, "alerts")),
      enabled: flag(item, "enabled"),
    }),
});
