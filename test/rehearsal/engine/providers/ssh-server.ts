// A real SSH server for a test, which runs what it is told with sh.
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import ssh2, { type Connection } from "ssh2";

const { Server, utils } = ssh2;

/** A listening server and what it was asked to run. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** The server's public key in authorized_keys form. */
  readonly hostKey: string;
  readonly clientKey: string;
  readonly commands: string[];
  readonly connections: () => number;
  /** Breaks every open connection. */
  breakConnections(): void;
}

function rsaPem(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

function publicLine(pem: string): string {
  const key = utils.parseKey(pem);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

/** Starts a server; `refuse` is how many connections it breaks before it answers one. */
export async function sshServer(refuse = 0): Promise<SshServer> {
  const [host, client] = [rsaPem(), rsaPem()];
  const commands: string[] = [];
  const children: ChildProcess[] = [];
  const open = new Set<Connection>();
  let connections = 0;
  const server = new Server({ hostKeys: [host] }, (connection) => {
    connections++;
    if (connections <= refuse) return void connection.end();
    open.add(connection);
    connection.on("error", () => undefined);
    connection.on("close", () => open.delete(connection));
    connection.on("authentication", (attempt) => {
      const known =
        attempt.method === "publickey" &&
        `ssh-rsa ${attempt.key.data.toString("base64")}` === publicLine(client);
      if (known) attempt.accept();
      else attempt.reject(["publickey"]);
    });
    connection.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        commands.push(command);
        const channel = acceptExec();
        const child = spawn("/bin/sh", ["-c", command]);
        children.push(child);
        child.stdout.on("data", (chunk: Buffer) => channel.write(chunk));
        child.stderr.on("data", (chunk: Buffer) => channel.stderr.write(chunk));
        channel.pipe(child.stdin);
        child.stdin.on("error", () => undefined);
        child.on("close", (code, signal) => {
          if (signal) channel.exit(signal.replace(/^SIG/, ""), false, "");
          else channel.exit(code ?? 0);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const breakConnections = () => {
    for (const connection of open) (connection as unknown as { _sock: { destroy(): void } })._sock.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    hostKey: publicLine(host),
    clientKey: client,
    commands,
    connections: () => connections,
    breakConnections,
    [Symbol.asyncDispose]: async () => {
      breakConnections();
      for (const child of children) child.kill("SIGKILL");
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
