/** Edges to be tested: the stand-in, and the real haproxy where it is installed, with the same configuration. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { edgeConfiguration } from "../../../../infra/edge.ts";
import { EdgeProcess } from "../../../../rehearsal/host/edge/process.ts";
import { filesAt } from "../../../../rehearsal/host/edge/service.ts";
import { Loopback } from "../../../../rehearsal/host/engine/loopback.ts";
import { freePort } from "../world.ts";

/** What a slot answers; tests change it. */
export interface Slot {
  /** Status of `/healthz`; 0: no answer at all. */
  health: number;
  /** Status of everything else; 0: the connection is cut before there is an answer. */
  status: number;
  /** Milliseconds before an answer. */
  delay: number;
  /** Cut in the middle of the answer. */
  half: boolean;
  /** What it was asked, without `/healthz`: `GET /path body`. */
  asked: string[];
  /** Whether the port is open. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface Subject {
  url: string;
  slots: { blue: Slot; green: Slot };
  /** Sends commands to the admin socket. */
  admin(commands: string): Promise<string>;
  /** Changes the configuration's text and reloads; says whether it was taken. */
  reload(change: (text: string) => string, keepStates?: boolean): Promise<boolean>;
  /** Whether `haproxy -c` takes it. */
  valid(change: (text: string) => string): Promise<boolean>;
  /** Lines of the request log that are of requests. */
  log(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export const realHaproxy = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].find((path) => existsSync(path));

const routes = [{ service: "web", port: 8080, health: "/healthz" }];
const page = "<h1>back soon</h1>\n";

type Listen = (server: Server) => Promise<() => Promise<void>>;

function newSlot(name: string, listen: Listen): Slot {
  let stop: (() => Promise<void>) | undefined;
  const slot: Slot = {
    health: 200,
    status: 200,
    delay: 0,
    half: false,
    asked: [],
    async open() {
      if (stop) return;
      const server = createServer((asked, answer) => void serve(asked, answer));
      const serve = async (asked: IncomingMessage, answer: ServerResponse) => {
        if (asked.url === "/healthz") {
          if (slot.health > 0) answer.writeHead(slot.health).end("health");
          return;
        }
        let body = "";
        asked.on("error", () => {});
        for await (const chunk of asked) body += String(chunk);
        slot.asked.push(`${asked.method} ${asked.url} ${body}`.trim());
        await new Promise((resolve) => setTimeout(resolve, slot.delay));
        if (slot.status === 0) {
          asked.socket.destroy();
          return;
        }
        answer.writeHead(slot.status, { "Content-Type": "text/plain" });
        if (!slot.half) {
          answer.end(`${name}\n`);
          return;
        }
        answer.write("half");
        setTimeout(() => asked.socket.destroy(), 30);
      };
      stop = await listen(server);
    },
    async close() {
      await stop?.();
      stop = undefined;
    },
  };
  return slot;
}

const parseLog = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const fill = (text: string, blue: number, green: number, directory: string) =>
  text
    .replaceAll("@home@", directory)
    .replaceAll("@blue@", String(blue))
    .replaceAll("@green@", String(green))
    .replaceAll("/run/liftlock-edge/", `${directory}/`)
    // The real one may not open as many files as this would need.
    .replace(/maxconn \d+/, "maxconn 200");

let addresses = 1;

/** The stand-in, with slots on its loopback. */
export async function simulated(drain = 2): Promise<Subject> {
  addresses += 1;
  const address = `127.${(process.pid % 200) + 20}.250.${addresses}`;
  const directory = await mkdtemp(join(tmpdir(), "liftlock-edge-"));
  const port = await freePort();
  const loopback = new Loopback();
  const file = join(directory, "haproxy.cfg");
  let text = fill(edgeConfiguration({ routes, port, drain }), 100, 0, directory);
  await writeFile(file, text);
  await writeFile(join(directory, "maintenance.html"), page);
  const lines: string[] = [];
  const on =
    (port: number): Listen =>
    async (server) => {
      const sockets = new Set<{ destroy(): void }>();
      const release = loopback.listen(port, (connection) => {
        sockets.add(connection);
        server.emit("connection", connection);
      });
      return async () => {
        release();
        for (const socket of sockets) socket.destroy();
      };
    };
  const slots = { blue: newSlot("blue", on(21_000)), green: newSlot("green", on(22_000)) };
  await Promise.all([slots.blue.open(), slots.green.open()]);
  const edge = new EdgeProcess({
    file,
    files: filesAt((path) => path),
    loopback,
    addresses: () => [address],
    write: (line) => lines.push(line),
  });
  await edge.start();
  return {
    url: `http://${address}:${port}`,
    slots,
    admin: async (commands) => edge.admin(`${commands}\n`),
    async reload(change, keepStates = true) {
      if (keepStates) writeFileSync(join(directory, "servers"), edge.admin("show servers state\n"));
      const before = text;
      text = change(text);
      writeFileSync(file, text);
      const taken = (await edge.master("reload\n")).startsWith("Success=1\n--\n");
      if (!taken) text = before;
      return taken;
    },
    async valid(change) {
      const { haproxy } = await import("../../../../rehearsal/host/edge/programs/haproxy.ts");
      writeFileSync(join(directory, "other.cfg"), change(text));
      const call = { argv: ["-c", "-f", "other.cfg"], cwd: directory, environment: {} };
      return (
        haproxy(
          call,
          filesAt((path) => path),
        ).exitCode === 0
      );
    },
    log: async () => parseLog(lines.join("\n")),
    async close() {
      edge.kill();
      await Promise.all([slots.blue.close(), slots.green.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

function overSocket(path: string, commands: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.write(`${commands}\n`));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

/** The real haproxy. Its reload is older than 3.0: it says nothing, so what was taken is seen by asking. */
export async function real(drain = 2): Promise<Subject> {
  const program = realHaproxy ?? "haproxy";
  const directory = await mkdtemp(join(tmpdir(), "liftlock-edge-"));
  const [port, metrics, blue, green] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const file = join(directory, "haproxy.cfg");
  const own = (text: string) =>
    text
      .replace("8404", String(metrics))
      .replace("127.0.0.1:21000", `127.0.0.1:${blue}`)
      .replace("127.0.0.1:22000", `127.0.0.1:${green}`);
  let text = own(fill(edgeConfiguration({ routes, port, drain }), 100, 0, directory));
  await writeFile(file, text);
  await writeFile(join(directory, "servers"), "");
  await writeFile(join(directory, "maintenance.html"), page);
  const on =
    (port: number): Listen =>
    async (server) => {
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
      return async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      };
    };
  const slots = { blue: newSlot("blue", on(blue)), green: newSlot("green", on(green)) };
  await Promise.all([slots.blue.open(), slots.green.open()]);
  let log = "";
  const child: ChildProcess = spawn(program, ["-W", "-f", file, "-S", join(directory, "master.sock")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const admin = (commands: string) => overSocket(join(directory, "admin.sock"), commands);
  const pid = async () => /^Pid: (\d+)$/m.exec(await admin("show info").catch(() => ""))?.[1];
  const waitUntil = async (done: () => Promise<boolean>, tries = 200) => {
    for (let left = tries; left > 0; left -= 1) {
      if (await done()) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  };
  await waitUntil(async () => (await pid()) !== undefined);
  const valid = async (other: string) => {
    await writeFile(join(directory, "other.cfg"), other);
    return promisify(execFile)(program, ["-c", "-f", join(directory, "other.cfg")]).then(
      () => true,
      () => false,
    );
  };
  return {
    url: `http://127.0.0.1:${port}`,
    slots,
    admin,
    async reload(change, keepStates = true) {
      if (keepStates) writeFileSync(join(directory, "servers"), await admin("show servers state"));
      const [before, old] = [text, await pid()];
      text = change(text);
      writeFileSync(file, text);
      const taken = await valid(text);
      await overSocket(join(directory, "master.sock"), "reload");
      if (taken) await waitUntil(async () => ![old, undefined].includes(await pid()));
      else text = before;
      return taken;
    },
    valid: (change) => valid(change(text)),
    log: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return parseLog(log);
    },
    async close() {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("close", resolve));
      await Promise.all([slots.blue.close(), slots.green.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

export interface Got {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Asks with a connection of its own. */
export function ask(
  url: string,
  options: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { agent: false, method: options.method ?? "GET", headers: options.headers ?? {} },
      (answer) => {
        let body = "";
        answer.on("data", (chunk) => {
          body += String(chunk);
        });
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }));
      },
    );
    asking.on("error", reject);
    asking.end(options.body);
  });
}

/** A server's row of `show stat`, by column. */
export async function row(subject: Subject, server: string): Promise<Record<string, string>> {
  const [header = "", ...lines] = (await subject.admin("show stat")).trim().split("\n");
  const names = header.replace("# ", "").split(",");
  const line = lines
    .map((text) => text.split(","))
    .find((fields) => fields[0] === "web" && fields[1] === server);
  return Object.fromEntries(names.map((name, index) => [name, line?.[index] ?? ""]));
}

/** Everything that is tested of both. */
export const subjects = [
  { name: "stand-in", start: simulated, missing: false },
  // Without haproxy on this machine there is nothing to compare with.
  {
    name: realHaproxy ? "haproxy" : "haproxy (not installed)",
    start: real,
    missing: realHaproxy === undefined,
  },
];
