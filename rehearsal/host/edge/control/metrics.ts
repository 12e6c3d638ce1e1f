/** `/metrics`: what the built-in Prometheus exporter tells, as far as it is counted. */
import type { OwnAnswer } from "../traffic/answers.ts";
import type { Serving } from "../traffic/surroundings.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];

export function metricsPage({ pools, entrances }: Serving): OwnAnswer {
  const fronts = entrances.map(({ frontend, counters }) => ({ labels: { proxy: frontend.name }, counters }));
  const targets = [...pools.values()].flatMap((pool) => pool.targets);
  const servers = targets.map((target) => {
    return {
      labels: { proxy: target.backend, server: target.config.name },
      target,
      counters: target.counters,
    };
  });
  const codes = (labels: Labels, answers: readonly number[]): Sample[] => {
    return answers.map((count, index) => [
      { ...labels, code: index === 5 ? "other" : `${index + 1}xx` },
      count,
    ]);
  };
  const parts = [
    metric(
      "haproxy_frontend_http_requests_total",
      "counter",
      fronts.map(({ labels, counters }) => [labels, counters.requests]),
    ),
    metric(
      "haproxy_frontend_http_responses_total",
      "counter",
      fronts.flatMap(({ labels, counters }) => codes(labels, counters.answers)),
    ),
    metric(
      "haproxy_server_http_responses_total",
      "counter",
      servers.flatMap(({ labels, counters }) => codes(labels, counters.answers)),
    ),
    metric(
      "haproxy_server_current_sessions",
      "gauge",
      servers.map(({ labels, counters }) => [labels, counters.current]),
    ),
    metric(
      "haproxy_server_retry_warnings_total",
      "counter",
      servers.map(({ labels, counters }) => [labels, counters.retries]),
    ),
    metric(
      "haproxy_server_weight",
      "gauge",
      servers.map(({ labels, target }) => [labels, target.weight]),
    ),
    metric(
      "haproxy_server_response_time_average_seconds",
      "gauge",
      servers.map(({ labels, counters }) => [labels, counters.responseTime.value / 1000]),
    ),
    metric(
      "haproxy_server_check_failures_total",
      "counter",
      servers.map(({ labels, target }) => [labels, target.failedChecks]),
    ),
    metric(
      "haproxy_server_status",
      "gauge",
      servers.flatMap(({ labels, target }) => states(labels, target)),
    ),
  ];
  const body = Buffer.from(parts.join(""));
  const headers = [
    ["content-length", String(body.length)],
    ["cache-control", "no-cache"],
    ["content-type", "text/plain; version=0.0.4"],
  ] as const;
  return { status: 200, reason: "OK", headers, body };
}

function states(labels: Labels, target: { up: boolean; wanted: string }): Sample[] {
  const now =
    target.wanted === "maint" ? "MAINT" : !target.up ? "DOWN" : target.wanted === "drain" ? "DRAIN" : "UP";
  return ["DOWN", "UP", "MAINT", "DRAIN"].map((state) => [{ ...labels, state }, state === now ? 1 : 0]);
}

function metric(name: string, type: "counter" | "gauge", samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels)
      .map(([label, content]) => `${label}="${content}"`)
      .join(",");
    return `${name}{${text}} ${value}\n`;
  });
  return `# TYPE ${name} ${type}\n${lines.join("")}`;
}
