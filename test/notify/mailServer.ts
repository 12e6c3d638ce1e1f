import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** One message as it arrived. */
export interface Mail {
  from: string;
  to: string[];
  /** Headers and text. */
  data: string;
  login?: string;
}

export interface MailBehaviour {
  /** Says nothing at all, not even the greeting. */
  silent?: boolean;
  /** Status for `MAIL FROM`, in turn; the last again and again. Default 250. */
  statuses?: number[];
  /** Receivers that are refused. */
  refused?: string[];
  /** Offers `AUTH PLAIN`. */
  auth?: boolean;
  /** Status for a login; default 235. */
  login?: number;
}

/** A mail server on this machine that speaks as much of RFC 5321 as a sender needs. */
export async function mailServer(behaviour: MailBehaviour = {}) {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let senders = 0;
  const statuses = behaviour.statuses ?? [250];
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (behaviour.silent) return;
    const say = (line: string) => socket.write(`${line}\r\n`);
    let mail: Mail = { from: "", to: [], data: "" };
    let [buffer, inData] = ["", false];
    const address = (line: string) => /<([^>]*)>/.exec(line)?.[1] ?? "";
    const command = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO" || verb === "HELO") {
        if (behaviour.auth) say("250-AUTH PLAIN");
        say("250 localhost");
      } else if (verb === "AUTH") {
        mail.login = Buffer.from(line.split(" ").at(-1) ?? "", "base64").toString("utf8");
        say(`${behaviour.login ?? 235} login`);
      } else if (verb === "MAIL") {
        mail.from = address(line);
        say(`${statuses[Math.min(senders++, statuses.length - 1)] ?? 250} sender`);
      } else if (verb === "RCPT") {
        const to = address(line);
        const bad = behaviour.refused?.includes(to) ?? false;
        if (!bad) mail.to.push(to);
        say(bad ? "550 no such receiver" : "250 receiver");
      } else if (verb === "DATA") {
        inData = true;
        say("354 go on");
      } else if (verb === "QUIT") {
        say("221 bye");
        socket.end();
      } else say("250 ok");
    };
    say("220 localhost ESMTP");
    socket.on("data", (part) => {
      buffer += part.toString("utf8");
      for (;;) {
        const end = inData ? buffer.indexOf("\r\n.\r\n") : buffer.indexOf("\r\n");
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + (inData ? 5 : 2));
        if (inData) {
          mails.push({ ...mail, data: line });
          mail = { from: "", to: [], data: "" };
          inData = false;
          say("250 taken");
        } else command(line);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: (login = "") => `smtp://${login}127.0.0.1:${port}`,
    mails,
    connections: () => connections,
    open: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
