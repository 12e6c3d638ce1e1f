import { z } from "zod";
import type { Problem } from "../release/problems.ts";
import { httpProblem, parseMailServer } from "./address.ts";
import { transitions } from "./notification.ts";

/** Who is told of what: `liftlock:notify`. */

const transitionNames = z.array(z.enum(transitions)).min(1, "expected at least one transition");

const httpAddress = z.string().superRefine((address, context) => {
  const problem = httpProblem(address);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

const mailAddress = z.email("expected an e-mail address");

/** The channels, with secrets in the form given: ciphertext in the file, text in the running program. */
export const notifyIn = (secret: z.ZodType<string>) =>
  z
    .strictObject({
      slack: z
        .strictObject({
          /** Address of the incoming webhook, a secret. */
          url: secret,
          /** Transitions that are told there; default all. */
          on: transitionNames.default([...transitions]),
        })
        .optional(),
      email: z
        .strictObject({
          /** Mail server, a secret: `smtps://user:password@smtp.example.com`. With `smtp://`, STARTTLS is insisted on. */
          smtp: secret,
          /** Sender. */
          from: mailAddress,
          /** Receivers. */
          to: z.array(mailAddress).min(1, "expected at least one receiver").max(50),
          /** Transitions that are told there; default those after which somebody has to do something. */
          on: transitionNames.default([
            "pending",
            "failed",
            "rolledBack",
            "rollbackIncomplete",
            "rollbackFailed",
            "drift",
            "storage",
            "backup",
          ]),
        })
        .optional(),
      pagerDuty: z
        .strictObject({
          /** Integration key of an Events API v2 integration, a secret. A person is paged only when a way back fails. */
          routingKey: secret,
          /** Where events go; Europe: `https://events.eu.pagerduty.com/v2/enqueue`. */
          url: httpAddress.default("https://events.pagerduty.com/v2/enqueue"),
        })
        .optional(),
      webhooks: z
        .array(
          z.strictObject({
            /** Where the notification is posted as JSON. */
            url: httpAddress,
            /** Key of the signature (HMAC-SHA256), a secret. */
            secret,
            /** Transitions that are told there; default all. */
            on: transitionNames.default([...transitions]),
          }),
        )
        .max(20)
        .default([]),
    })
    .prefault({});

/** The channels of a running program. */
export type NotifyConfig = z.output<ReturnType<typeof notifyIn>>;

/** What is wrong with secrets that are addresses or keys: in the file they cannot be read. They are not repeated. */
export function secretProblems(config: NotifyConfig): Problem[] {
  const problems: [string, string | undefined][] = [];
  if (config.slack) problems.push(["notify.slack.url", httpProblem(config.slack.url)]);
  if (config.email) {
    const server = parseMailServer(config.email.smtp);
    problems.push(["notify.email.smtp", "problem" in server ? server.problem : undefined]);
  }
  if (config.pagerDuty && !/^[0-9A-Za-z]{32}$/.test(config.pagerDuty.routingKey))
    problems.push(["notify.pagerDuty.routingKey", "expected a key of 32 letters and digits"]);
  for (const [i, { secret }] of config.webhooks.entries())
    if (secret.length < 16) problems.push([`notify.webhooks.${i}.secret`, "expected at least 16 characters"]);
  return problems.flatMap(([path, message]) => (message === undefined ? [] : [{ path, message }]));
}

/** True when somebody is told of anything. */
export const hasChannels = ({ slack, email, pagerDuty, webhooks }: NotifyConfig): boolean =>
  Boolean(slack ?? email ?? pagerDuty) || webhooks.length > 0;

/** Every text of the channels that must never be shown; a mail server's password by itself too. */
export function secretsOf({ slack, email, pagerDuty, webhooks }: NotifyConfig): string[] {
  const server = email && parseMailServer(email.smtp);
  const password = server && "auth" in server ? server.auth?.pass : undefined;
  const all = [slack?.url, email?.smtp, password, pagerDuty?.routingKey, ...webhooks.map((w) => w.secret)];
  return all.filter((text) => text !== undefined);
}
