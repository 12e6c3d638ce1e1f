import { type MailServer, parseMailServer } from "./address.ts";
import { type Channel, errorCode, type Outcome, tooLate } from "./channel.ts";
import { render } from "./render.ts";
import type { NotifyConfig } from "./schema.ts";

/** Wrong encryption or password: another try would do no better. */
const forGood = /^ \((?:ETLS|EAUTH|EENVELOPE)\)$/;

/** A refusal for good is 5xx (RFC 5321, 4.2.1); everything else may pass. */
function failed(thrown: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return tooLate;
  const status =
    thrown instanceof Error && "responseCode" in thrown ? Number(thrown.responseCode) : Number.NaN;
  if (status >= 400 && status < 600)
    return { delivered: false, problem: `the mail server answered ${status}`, again: status < 500 };
  const code = errorCode(thrown);
  return {
    delivered: false,
    problem: `the mail server could not be used${code}`,
    again: !forGood.test(code),
  };
}

/** A connection for one message: notifications are few. */
const connect = async ({ encrypted, ...server }: MailServer) => {
  // Loaded by those who have a mail server.
  const { createTransport } = await import("nodemailer");
  return createTransport({
    ...server,
    requireTLS: encrypted && !server.secure,
    ignoreTLS: !encrypted,
    // The try's own time limit ends it; these only bound what that limit does not reach.
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 10_000,
    // A server that does not hang up keeps nobody from ending.
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
};

/** E-mail in plain text. Every try has the same message id, so that receivers see one message. */
export const email = (config: NonNullable<NotifyConfig["email"]>): Channel => ({
  name: "email",
  wants: ({ transition }) => config.on.includes(transition),
  deliver: async (notification, key, signal) => {
    const server = parseMailServer(config.smtp);
    if ("problem" in server)
      return {
        delivered: false,
        problem: `the mail server's address cannot be used: ${server.problem}`,
        again: false,
      };
    const { title, lines } = render(notification);
    try {
      const { rejected } = await (await connect(server)).sendMail({
        from: config.from,
        to: config.to,
        subject: title,
        text: `${lines.join("\n")}\n`,
        // Short enough for one line of the header.
        messageId: `<${key.slice(0, 32)}@${config.from.split("@").at(-1) ?? "liftlock"}>`,
        headers: { "Auto-Submitted": "auto-generated" },
        signal,
      });
      const refused = `${rejected.length} of ${config.to.length} receivers were refused`;
      return { delivered: true, ...(rejected.length > 0 && { problem: refused }) };
    } catch (thrown) {
      return failed(thrown, signal);
    }
  },
});
