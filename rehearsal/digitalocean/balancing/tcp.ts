/** Balancing of connections. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Member } from "./members.ts";

/** Whose turn it is, without those that were tried. */
export type Choose = (tried: ReadonlySet<number>) => Member | undefined;

/** A server that hands each connection to a droplet. @param targetPort asked for every connection */
export function tcpServer(choose: Choose, targetPort: () => number): Server {
  return createServer((client) => {
    client.on("error", () => client.destroy());
    void serve(client, choose, targetPort());
  });
}

async function serve(client: Socket, choose: Choose, port: number): Promise<void> {
  const tried = new Set<number>();
  for (;;) {
    const member = choose(tried);
    if (!member) {
      client.resetAndDestroy();
      return;
    }
    tried.add(member.id);
    const upstream = await open(member.address, port);
    if (upstream) return join(client, upstream, member);
  }
}

function open(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}

function join(client: Socket, upstream: Socket, member: Member): void {
  member.current += 1;
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  upstream.on("error", end);
  upstream.once("close", () => {
    member.current -= 1;
    end();
  });
  client.once("close", end);
  if (client.destroyed) return end();
  client.pipe(upstream);
  upstream.pipe(client);
}
