/** A load balancer at work: its ports, its droplets, and their health. */
import type { Server, Socket } from "node:net";
import { passes } from "./check.ts";
import { httpServer } from "./http.ts";
import { type Candidate, Members } from "./members.ts";
import type { Plan, Rule } from "./plan.ts";
import { tcpServer } from "./tcp.ts";

export interface BalancerOptions {
  address: string;
  /** The droplets that are meant right now. */
  candidates(): readonly Candidate[];
  /** How many milliseconds a second of a health check takes. */
  secondMilliseconds: number;
}

interface Door {
  rule: Rule;
  server: Server;
}

export class Balancer {
  private readonly options: BalancerOptions;
  private readonly members: Members;
  private readonly doors = new Map<string, Door>();
  private readonly connections = new Set<Socket>();
  private readonly closed = new AbortController();
  private plan: Plan;
  private timer: NodeJS.Timeout | undefined;

  constructor(plan: Plan, options: BalancerOptions) {
    this.plan = plan;
    this.options = options;
    this.members = new Members(() => options.candidates());
  }

  /** Numbers of the droplets that are healthy. */
  get healthy(): number[] {
    return this.members.all().flatMap(({ id, on, healthy }) => (on && healthy ? [id] : []));
  }

  /** Opens the ports and begins to check; rejects with Node's error when a port cannot be listened on. */
  async start(): Promise<void> {
    await this.openPorts();
    void this.checkAll();
  }

  /** Follows another plan. Connections of before are left to end. */
  async update(plan: Plan): Promise<void> {
    this.plan = plan;
    const wanted = new Set(plan.rules.map(keyOf));
    for (const [key, { server }] of this.doors) {
      if (wanted.has(key)) continue;
      server.close();
      this.doors.delete(key);
    }
    await this.openPorts();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.closed.abort();
    clearTimeout(this.timer);
    const servers = [...this.doors.values()].map(({ server }) => server);
    this.doors.clear();
    for (const socket of this.connections) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private async openPorts(): Promise<void> {
    for (const rule of this.plan.rules) {
      const door = this.doors.get(keyOf(rule));
      if (door) door.rule = rule;
      else await this.open(rule);
    }
  }

  private open(rule: Rule): Promise<void> {
    const key = keyOf(rule);
    const choose = (tried: ReadonlySet<number>) => this.members.next(this.plan.algorithm, tried);
    const targetPort = () => this.doors.get(key)?.rule.targetPort ?? rule.targetPort;
    const server: Server =
      rule.mode === "http" ? httpServer(choose, targetPort) : tcpServer(choose, targetPort);
    server.on("connection", (socket) => {
      this.connections.add(socket);
      socket.once("close", () => this.connections.delete(socket));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: this.options.address, port: rule.port }, () => {
        this.doors.set(key, { rule, server });
        resolve();
      });
    });
  }

  private async checkAll(): Promise<void> {
    const { check } = this.plan;
    const { secondMilliseconds } = this.options;
    const { signal } = this.closed;
    await Promise.all(
      this.members.all().map(async (member) => {
        const timeout = check.timeout * secondMilliseconds;
        const passed = member.on && (await passes(member.address, check, timeout, signal));
        this.members.judge(member, passed, check);
      }),
    );
    if (signal.aborted) return;
    this.timer = setTimeout(() => void this.checkAll(), check.interval * secondMilliseconds);
  }
}

const keyOf = ({ mode, port }: Rule) => `${mode}:${port}`;
