import { Failure } from "../src/release/failure.ts";
import { type Problem, problemsFailure } from "../src/release/problems.ts";
import type { ComposeFile } from "./composeFile.ts";

/** Where requests go: one public service of the compose file. The first route takes what no other one takes. */
export interface EdgeRoute {
  service: string;
  /** Port in the container. */
  port: number;
  /** Requests whose path starts so; absent: every path. */
  path?: string | undefined;
  /** Requests for this host name only. */
  hostName?: string | undefined;
  /** Path that answers 2xx while the service may get requests. */
  health: string;
}

export interface EdgeArgs {
  routes: readonly EdgeRoute[];
  /** Public port of plain HTTP. */
  port: number;
  /** Serve HTTPS on this port; what comes over plain HTTP is sent there. */
  tls?: { port: number } | undefined;
  /** Thumbprint of the account (RFC 7638) with which certificates are asked for: every edge answers every challenge of the authority. */
  challenge?: string | undefined;
  /** Seconds a request may go on in a release that is being left. */
  drain: number;
}

/** The two places of a host in which a release can run, and how their loopback ports begin: `21000`, `22000`, … */
export const slots = { blue: 21, green: 22 } as const;

/** Loopback port of the n-th route, with `@slot@` for the slot's number. */
export const loopbackPort = (index: number): string => `@slot@${String(index).padStart(3, "0")}`;

/** Name of a route's backend: the service's, numbered from its second route on. */
function backendName(routes: readonly EdgeRoute[], route: EdgeRoute): string {
  const same = routes.filter(({ service }) => service === route.service).indexOf(route);
  return same === 0 ? route.service : `${route.service}-${same + 1}`;
}

/** Paths that a load balancer asks for over plain HTTP. */
const healthPaths = ({ routes }: EdgeArgs) => [...new Set(routes.map((route) => route.health))].join(" ");

/**
 * The answer to an HTTP-01 challenge is its token and the account's thumbprint (RFC 8555, section 8.3): nothing has to be put in place for it. Only
 * what can be a token is repeated.
 */
const challengeRule = (thumbprint: string) =>
  `  http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/)].${thumbprint}" if { path_reg '^/\\.well-known/acme-challenge/[A-Za-z0-9_-]+$' }\n`;

const condition = (route: EdgeRoute) =>
  [
    ...(route.hostName === undefined ? [] : [`{ hdr(host),field(1,:) -i ${route.hostName} }`]),
    ...(route.path === undefined ? [] : [`{ path_beg ${route.path} }`]),
  ].join(" ");

/** One JSON object a request. The path has no query: that may hold what nobody should read in a log. */
const logFormat = `{${[
  '"at":%Ts.%ms',
  '"client":"%ci"',
  '"method":"%HM"',
  '"path":"%[var(txn.path),json(utf8s)]"',
  '"route":"%b"',
  '"slot":"%s"',
  '"status":%ST',
  '"milliseconds":%Ta',
  '"retries":"%rc"',
  '"bytes":%B',
  '"end":"%ts"',
].join(",")}}`;

const backend = (route: EdgeRoute, index: number, routes: readonly EdgeRoute[]) => `
backend ${backendName(routes, route)}
  option httpchk
  http-check send meth GET uri ${route.health} ver HTTP/1.1 hdr Host localhost
  http-check expect status 200-299
${Object.entries(slots)
  .map(
    ([slot, number]) =>
      `  server ${slot} 127.0.0.1:${loopbackPort(index).replace("@slot@", String(number))} weight @${slot}@`,
  )
  .join("\n")}
`;

/**
 * The edge's configuration: haproxy 2.6 or newer. `@home@`, `@blue@` and `@green@` are filled in on the host, so that one text
 * serves every host and every share of traffic.
 */
export function edgeConfiguration(edge: EdgeArgs): string {
  const [fallback] = edge.routes;
  if (!fallback)
    throw new Failure({ code: "ConfigInvalid", message: "an edge needs a route", fault: "ours" });
  const special = edge.routes.filter((route) => condition(route) !== "");
  return `# Written by Liftlock; edits are lost.
global
  log stdout format raw local0
  stats socket /run/liftlock-edge/admin.sock mode 600 level admin expose-fd listeners
  server-state-file @home@/servers
  fd-hard-limit 40000
  hard-stop-after ${edge.drain}s

defaults
  mode http
  log global
  log-format '${logFormat}'
  option dontlognull
  option redispatch 1
  option idle-close-on-response
  retries 3
  retry-on conn-failure empty-response
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  timeout check 2s
  timeout http-request 10s
  timeout http-keep-alive 60s
  load-server-state-from-file global
  default-server check inter 500ms fastinter 100ms downinter 100ms rise 1 fall 3
  http-error status 503 content-type "text/html; charset=utf-8" file "@home@/maintenance.html"

frontend public
  bind :${edge.port}
${edge.tls ? `  bind :${edge.tls.port} ssl crt @home@/tls.pem alpn h2,http/1.1\n` : ""}  http-request set-var(txn.path) path
${edge.challenge === undefined ? "" : challengeRule(edge.challenge)}${edge.tls ? `  http-request redirect scheme https code 308 unless { ssl_fc } || { path ${healthPaths(edge)} }\n` : ""}  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
${special.map((route) => `  use_backend ${backendName(edge.routes, route)} if ${condition(route)}\n`).join("")}  default_backend ${backendName(edge.routes, fallback)}

frontend metrics
  bind 127.0.0.1:8404
  http-request use-service prometheus-exporter if { path /metrics }
${edge.routes.map(backend).join("")}`;
}

/** What people see while nothing answers, if they have no page of their own. */
export const maintenancePage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Back soon</title>
<style>body{font:1.1rem/1.6 system-ui;display:grid;place-content:center;min-height:90vh;text-align:center}</style>
<h1>We will be back in a moment</h1><p>The service is not available right now. Please try again shortly.</p></html>
`;

/**
 * Holds the edge against the compose file: every route has its service, and what two releases on one host would quarrel about is known.
 * @throws Failure `ConfigInvalid` with every problem at once
 */
export function verifyEdge(
  edge: { routes: readonly EdgeRoute[]; once: readonly string[]; smoke: readonly { service: string }[] },
  compose: ComposeFile,
  beside: boolean,
  place: string,
): void {
  const routed = edge.routes.map((route) => route.service);
  const unknown = (name: string) => !compose.services.includes(name);
  const problems: Problem[] = [
    ...edge.routes
      .map((route, index) => ({ path: `routes.${index}.service`, name: route.service }))
      .filter(({ name }) => unknown(name))
      .map(({ path, name }) => ({ path, message: `the compose file has no promoted service ${name}` })),
    ...edge.once
      .filter((name) => unknown(name) || routed.includes(name))
      .map((name) => ({
        path: `once.${name}`,
        message: routed.includes(name)
          ? "has a route, so two of it run during a change; take it out of one of the two"
          : "the compose file has no such promoted service",
      })),
    ...edge.smoke
      .filter(({ service }) => !routed.includes(service))
      .map(({ service }) => ({ path: `smoke.${service}`, message: "has no route, so nothing can be asked" })),
    ...(beside ? compose.services : [])
      .filter(
        (name) => compose.published.includes(name) && !routed.includes(name) && !edge.once.includes(name),
      )
      .map((name) => ({
        path: `routes.${name}`,
        message:
          "publishes a port that two releases on one host cannot both have: give it a route, or write it under once",
      })),
  ];
  if (problems.length > 0) throw problemsFailure("ConfigInvalid", `liftlock:edge in ${place}`, problems);
}
