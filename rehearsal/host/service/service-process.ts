/** What stands in for the program in a container: it does what the image's description says. */
import { applies, type Behaviour } from "../../images/behaviour.ts";
import type { Files } from "../engine/layer.ts";
import type { Stream } from "../engine/logs.ts";
import { staticFile } from "./static-files.ts";

export interface ServiceRequest {
  method: string;
  /** Path without the query. */
  path: string;
}

export interface ServiceAnswer {
  status: number;
  type: string;
  body: Buffer;
}

/** What a process is given by the container that it runs in. */
export interface Surroundings {
  environment: Readonly<Record<string, string>>;
  files: Files;
  write(stream: Stream, line: string): void;
  exited(code: number): void;
  /** The process of another service of the same project, if it listens on this port. */
  reach(service: string, port: number): ServiceProcess | undefined;
}

type Rule = Behaviour["answers"][number];

export class ServiceProcess {
  private readonly behaviour: Behaviour;
  private readonly around: Surroundings;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** How often each answer was asked for. */
  private readonly requests = new Map<Rule, number>();
  private up = false;
  private ended = false;

  constructor(behaviour: Behaviour, around: Surroundings) {
    this.behaviour = behaviour;
    this.around = around;
  }

  /** True once it has finished starting, until it ends. */
  get started(): boolean {
    return this.up && !this.ended;
  }

  listensOn(port: number): boolean {
    return this.started && this.behaviour.listen === port;
  }

  start(): void {
    const { behaviour, around } = this;
    for (const line of behaviour.log) around.write("stdout", fillIn(line, around.environment));
    this.later(behaviour.startMilliseconds, () => {
      this.up = true;
    });
    const { exit } = behaviour;
    if (exit && applies(exit.when, around.environment)) {
      this.later(exit.afterMilliseconds, () => {
        for (const line of exit.log) around.write("stderr", fillIn(line, around.environment));
        this.end(exit.code);
      });
    }
  }

  /** Ends it without a word. */
  kill(): void {
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /**
   * Answers a request as `/app/serve` of the example images does: a static file, another service, or one of the
   * answers. Never settles when the behaviour is to hang, or when the process ends meanwhile.
   */
  async handle(request: ServiceRequest): Promise<ServiceAnswer> {
    const file = staticFile(this.around.files, request.path);
    if (file) return { status: 200, type: file.type, body: file.content };
    const proxied = this.proxied(request);
    if (proxied) return proxied;
    const rule = this.matchingRule(request.path);
    if (!rule) return this.builtIn(request.path);
    await this.pause(rule.delayMilliseconds);
    return text(rule.status, rule.body);
  }

  private matchingRule(path: string): Rule | undefined {
    return this.behaviour.answers.find((rule) => {
      if (rule.path !== path || !applies(rule.when, this.around.environment)) return false;
      const nth = (this.requests.get(rule) ?? 0) + 1;
      this.requests.set(rule, nth);
      return nth >= rule.fromRequest;
    });
  }

  private proxied(request: ServiceRequest): Promise<ServiceAnswer> | undefined {
    for (const [prefix, target] of Object.entries(this.behaviour.proxy)) {
      if (!request.path.startsWith(prefix)) continue;
      const [service = "", port = "80"] = target.split(":");
      const other = this.around.reach(service, Number(port));
      if (!other) return Promise.resolve(text(502, `no answer from ${target}\n`));
      return other.handle({ ...request, path: `/${request.path.slice(prefix.length)}` });
    }
    return undefined;
  }

  private builtIn(path: string): ServiceAnswer {
    const { service, version } = this.behaviour;
    if (path === "/healthz") return json(200, { service, version, status: "ok" });
    if (path === "/version") return json(200, { service, version });
    return text(404, "not found\n");
  }

  private pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return Promise.resolve();
    return new Promise((resolve) => {
      if (milliseconds > 0) this.later(milliseconds, resolve);
    });
  }

  private end(code: number): void {
    this.kill();
    this.around.exited(code);
  }

  private later(milliseconds: number, action: () => void): void {
    if (this.ended) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
  }
}

function fillIn(line: string, environment: Readonly<Record<string, string>>): string {
  return line.replace(/\$([A-Za-z_][A-Za-z0-9_]*)/g, (_, name: string) => environment[name] ?? "");
}

function text(status: number, body: string): ServiceAnswer {
  return { status, type: "text/plain; charset=utf-8", body: Buffer.from(body) };
}

function json(status: number, value: unknown): ServiceAnswer {
  return { status, type: "application/json", body: Buffer.from(JSON.stringify(value)) };
}
