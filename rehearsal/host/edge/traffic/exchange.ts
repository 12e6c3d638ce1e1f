/** One request's way through the edge: rules, a server, retries, the answer, a line in the log. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { begin, countAnswer } from "../balance/counters.ts";
import type { Pool } from "../balance/pool.ts";
import type { Target } from "../balance/target.ts";
import type { Asked, RetryReason } from "../config/model.ts";
import { type ErrorStatus, errorAnswer, type OwnAnswer, ownText } from "./answers.ts";
import { attempt, type Outcome } from "./attempt.ts";
import { bodyOf } from "./body.ts";
import { forwarded } from "./headers.ts";
import { relay } from "./relay.ts";
import type { Entrance, Surroundings } from "./surroundings.ts";

/** haproxy waits so long before it tries the only server again, milliseconds. */
const turnAround = 1000;

export class Exchange {
  private readonly entrance: Entrance;
  private readonly around: Surroundings;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly asked: Asked;
  private readonly start = performance.now();
  private readonly at = Date.now();
  /** Rules may forbid to repeat a request that a server has seen. */
  private repeatable = true;
  private path: string | undefined;
  private pool: Pool | undefined;
  private target: Target | undefined;
  private status = 0;
  private retries = 0;
  private redispatched = false;
  private end = "--";

  constructor(entrance: Entrance, request: IncomingMessage, response: ServerResponse, around: Surroundings) {
    this.entrance = entrance;
    this.around = around;
    this.request = request;
    this.response = response;
    // Answers have the headers that servers gave them, and no more.
    response.sendDate = false;
    this.asked = {
      method: request.method ?? "",
      path: (request.url ?? "").replace(/[?#].*$/s, ""),
      host: request.headers.host ?? "",
      tls: "encrypted" in request.socket,
    };
  }

  /** Serves it; resolves when the answer has gone out or the client is gone. */
  async run(): Promise<void> {
    const { response } = this;
    const over = new Promise<void>((resolve) => response.once("close", () => resolve()));
    const answered = this.applyRules();
    if (!answered) await this.forward();
    if (this.status === 0) response.destroy();
    await over;
    this.finish();
  }

  /** Applies the frontend's rules; true when one of them answers. */
  private applyRules(): boolean {
    for (const rule of this.entrance.frontend.rules) {
      if (!rule.when(this.asked)) continue;
      switch (rule.kind) {
        case "set-var":
          this.path = this.asked.path;
          break;
        case "disable-l7-retry":
          this.repeatable = false;
          break;
        case "redirect":
          this.redirect(rule.code);
          return true;
        case "return":
          this.intercept(ownText(rule.status, rule.contentType, rule.text(this.asked)));
          return true;
        case "prometheus":
          this.intercept(this.around.metrics());
          return true;
      }
    }
    return false;
  }

  private redirect(status: number): void {
    const location = `https://${this.asked.host}${this.request.url ?? "/"}`;
    const reasons: Record<number, string> = {
      301: "Moved Permanently",
      302: "Found",
      307: "Temporary Redirect",
    };
    const headers = [
      ["content-length", "0"],
      ["location", location],
    ] as const;
    this.intercept({
      status,
      reason: reasons[status] ?? "Permanent Redirect",
      headers,
      body: Buffer.alloc(0),
    });
  }

  /** Answers without a server because a rule says so. */
  private intercept(answer: OwnAnswer): void {
    this.entrance.counters.intercepted += 1;
    this.end = "LR";
    this.give(answer);
  }

  private fail(status: ErrorStatus, end: string): void {
    this.end = end;
    const settings = (this.pool?.config ?? this.entrance.frontend).settings;
    this.give(errorAnswer(status, settings.errorPages));
  }

  private give({ status, reason, headers, body }: OwnAnswer): void {
    this.status = status;
    this.request.resume();
    this.response.writeHead(status, reason, headers.flat());
    this.response.end(body);
  }

  private async forward(): Promise<void> {
    const { uses, defaultBackend } = this.entrance.frontend;
    const name = uses.find(({ when }) => when(this.asked))?.backend ?? defaultBackend;
    const pool = name === undefined ? undefined : this.around.pools.get(name);
    this.pool = pool;
    if (!pool) return this.fail(503, "SC");
    begin(pool.counters);
    pool.counters.sessions += 1;
    try {
      await this.tryServers(pool);
    } finally {
      pool.counters.current -= 1;
    }
  }

  private async tryServers(pool: Pool): Promise<void> {
    const { settings } = pool.config;
    const { body, gone } = await bodyOf(this.request, this.repeatable);
    if (gone) {
      this.end = "CH";
      return;
    }
    const chunked = this.request.headers["transfer-encoding"] !== undefined;
    const headers = forwarded(this.request.rawHeaders, {
      without: Buffer.isBuffer(body) && chunked ? ["transfer-encoding"] : [],
    });
    if (Buffer.isBuffer(body) && chunked) headers.push("content-length", String(body.length));
    const outgoing = { method: this.asked.method, target: this.request.url ?? "/", headers, body };
    const once = body !== undefined && !Buffer.isBuffer(body);
    for (;;) {
      const target = this.nextTarget(pool);
      if (!target) return this.fail(503, "SC");
      target.counters.sessions += 1;
      begin(target.counters);
      try {
        const outcome = await attempt(
          target.config.port,
          outgoing,
          settings.timeouts.server,
          this.around.loopback,
        );
        const reason = retryReason(outcome);
        const allowed = reason === "conn-failure" || (this.repeatable && !once);
        if (reason && allowed && settings.retryOn.has(reason) && this.retries < settings.retries) {
          if (outcome.kind === "answer") outcome.sending.destroy();
          await this.retry(pool, target, reason);
          continue;
        }
        return await this.settle(outcome, pool, target);
      } finally {
        target.counters.current -= 1;
      }
    }
  }

  /** Whose turn it is; a retry goes to another server, if there is one. */
  private nextTarget(pool: Pool): Target | undefined {
    const { target: before } = this;
    if (before?.usable && pool.config.settings.redispatch === 0) return before;
    const target = pool.next(before);
    if (before && target !== before) {
      this.redispatched = true;
      before.counters.redispatches += 1;
      pool.counters.redispatches += 1;
    }
    this.target = target;
    return target;
  }

  private async retry(pool: Pool, target: Target, reason: RetryReason): Promise<void> {
    this.retries += 1;
    target.counters.retries += 1;
    pool.counters.retries += 1;
    const wait = Math.min(pool.config.settings.timeouts.connect ?? turnAround, turnAround);
    if (reason === "conn-failure" && pool.usable.length <= 1)
      await sleep(wait, undefined, { signal: this.around.killed }).catch(() => {});
  }

  /** Gives the client what came of it in the end. */
  private async settle(outcome: Outcome, pool: Pool, target: Target): Promise<void> {
    const count = (name: "connectionErrors" | "answerErrors" | "serverAborts" | "clientAborts") => {
      target.counters[name] += 1;
      pool.counters[name] += 1;
    };
    switch (outcome.kind) {
      case "refused":
        count("connectionErrors");
        return this.fail(503, "SC");
      case "empty":
        if (this.response.destroyed) {
          count("clientAborts");
          this.end = "CH";
          return;
        }
        count("answerErrors");
        return this.fail(502, "SH");
      case "late":
        count("answerErrors");
        return this.fail(504, "sH");
      case "answer": {
        const { answer, sending } = outcome;
        this.status = answer.statusCode ?? 0;
        countAnswer(target.counters, this.status);
        target.counters.requests += 1;
        target.counters.responseTime.add(performance.now() - this.start);
        const how = await relay(answer, this.response, pool.config.settings.timeouts.server);
        sending.destroy();
        if (how === "client gone") count("clientAborts");
        if (how === "server gone" || how === "late") {
          count("answerErrors");
          count("serverAborts");
        }
        this.end = { done: "--", "client gone": "CD", "server gone": "SD", late: "sD" }[how];
        target.counters.totalTime.add(performance.now() - this.start);
        return;
      }
    }
  }

  private finish(): void {
    const { frontend, counters } = this.entrance;
    const { bytesIn, bytesOut } = this.around.measure(this.request.socket);
    const served = [counters, this.pool?.counters, this.end === "SC" ? undefined : this.target?.counters];
    for (const one of served) {
      if (!one) continue;
      one.bytesIn += bytesIn;
      one.bytesOut += bytesOut;
    }
    for (const one of [counters, this.pool?.counters]) {
      if (!one) continue;
      one.requests += 1;
      if (this.status > 0) countAnswer(one, this.status);
      one.totalTime.add(performance.now() - this.start);
    }
    if (!frontend.settings.logFormat) return;
    const line = frontend.settings.logFormat({
      at: this.at,
      client: this.around.clientOf(this.request.socket),
      method: this.asked.method,
      path: this.path,
      proxy: this.pool?.config.name ?? frontend.name,
      server: this.end === "SC" ? undefined : this.target?.config.name,
      status: this.status === 0 ? -1 : this.status,
      milliseconds: Math.round(performance.now() - this.start),
      retries: this.retries,
      redispatched: this.redispatched,
      bytes: bytesOut,
      end: this.end,
    });
    this.around.log(line);
  }
}

/** Why the request might be sent once more. */
function retryReason(outcome: Outcome): RetryReason | undefined {
  switch (outcome.kind) {
    case "refused":
      return "conn-failure";
    case "empty":
      return "empty-response";
    case "late":
      return undefined;
    case "answer":
      if (outcome.answer.statusCode === 502) return "502";
      return outcome.answer.statusCode === 503 ? "503" : undefined;
  }
}
