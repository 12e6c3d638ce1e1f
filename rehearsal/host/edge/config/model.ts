/** What the edge is told by its configuration, in the terms of haproxy's own manual. Times are in milliseconds. */

export interface EdgeConfig {
  /** Sockets of the runtime API. */
  adminSocket: string | undefined;
  /** File with the servers' states of before. */
  stateFile: string | undefined;
  maxConnections: number;
  /** How long what is under way may go on after a reload; absent: as long as it takes. */
  hardStopAfter: number | undefined;
  frontends: readonly Frontend[];
  backends: readonly Backend[];
}

/** What a frontend or backend has from `defaults`. */
export interface ProxySettings {
  timeouts: Readonly<Partial<Record<TimeoutName, number>>>;
  retries: number;
  retryOn: ReadonlySet<RetryReason>;
  /** Another server is looked for on every so manieth retry; 0: never. */
  redispatch: number;
  logFormat: LogFormat | undefined;
  /** Idle connections are only closed after one more answer when the configuration is left. */
  idleCloseOnResponse: boolean;
  loadState: boolean;
  serverDefaults: ServerSettings;
  errorPages: ReadonlyMap<number, ErrorPage>;
}

export type TimeoutName =
  | "connect"
  | "client"
  | "server"
  | "queue"
  | "check"
  | "http-request"
  | "http-keep-alive";

export type RetryReason = "conn-failure" | "empty-response" | "502" | "503";

export interface ErrorPage {
  contentType: string;
  body: Buffer;
}

export interface Frontend {
  name: string;
  /** Number in statistics. */
  id: number;
  settings: ProxySettings;
  binds: readonly Bind[];
  rules: readonly HttpRule[];
  uses: readonly { backend: string; when: Condition }[];
  defaultBackend: string | undefined;
}

export interface Bind {
  /** Empty: every address. */
  address: string;
  port: number;
  /** The certificates with their key, and the file from which they are. */
  tls: { file: string; key: Buffer } | undefined;
}

export type HttpRule = { when: Condition } & (
  | { kind: "set-var"; name: string }
  | { kind: "redirect"; code: number }
  | { kind: "return"; status: number; contentType: string; text: (asked: Asked) => string }
  | { kind: "disable-l7-retry" }
  | { kind: "prometheus" }
);

/** What conditions look at. */
export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  host: string;
  tls: boolean;
}

export type Condition = (asked: Asked) => boolean;

export interface Backend {
  name: string;
  id: number;
  settings: ProxySettings;
  check: HttpCheck | undefined;
  servers: readonly Server[];
}

export interface HttpCheck {
  method: string;
  path: string;
  headers: readonly (readonly [string, string])[];
  /** Statuses that pass, from and to. */
  expect: readonly [number, number];
}

export interface Server extends ServerSettings {
  name: string;
  id: number;
  /** Port on the host's 127.0.0.1. */
  port: number;
}

export interface ServerSettings {
  weight: number;
  check: boolean;
  inter: number;
  fastInter: number | undefined;
  downInter: number | undefined;
  rise: number;
  fall: number;
}

/** What a line of the request log is made of. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  at: number;
  client: string;
  method: string;
  path: string | undefined;
  /** Backend, or the frontend when none was reached. */
  proxy: string;
  server: string | undefined;
  status: number;
  milliseconds: number;
  retries: number;
  redispatched: boolean;
  bytes: number;
  /** Two letters: who ended the exchange, and when. */
  end: string;
}

export type LogFormat = (record: LogRecord) => string;
