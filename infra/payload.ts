import { createHash } from "node:crypto";
import { Document } from "yaml";
import { type Release, releaseId } from "../src/release/release.ts";
import type { ComposeFile } from "./composeFile.ts";
import { type EdgeRoute, loopbackPort, slots } from "./edge.ts";
import { environmentFile } from "./environmentFile.ts";

/** What a host's script reads on standard input; see `host/lib.sh`. */
export interface PayloadInput {
  app: string;
  release: Release;
  rollout: { attempt: number; mode: "forward" | "revert" };
  compose: ComposeFile;
  /** Pinned references by service, as proved by the registry. */
  images: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string>>;
  registry?: { server: string; username: string; token: string } | undefined;
  /** Seconds a service may take to become healthy. */
  waitSeconds: number;
  /** Seconds the migrations may take. */
  migrationSeconds: number;
  /** The first host also runs what must exist once. */
  stateful: boolean;
  /** How releases change places behind the edge; absent: in place, without an edge. */
  edge?: EdgePayload | undefined;
  /** What `stack.sh` reads besides, `key value` lines; absent: the host is in no cluster. */
  cluster?: readonly string[] | undefined;
}

/** What the scripts `slot.sh` and `switch.sh` read besides. */
export interface EdgePayload {
  routes: readonly EdgeRoute[];
  /** Text of `edgeConfiguration`. */
  configuration: string;
  /** HTML that people see while nothing answers. */
  page: string;
  /** Certificate chain and key in PEM form. */
  tls?: string | undefined;
  /** Instead: texts of `renewalSettings` and `renewalProgram`, with which the host asks an authority for one. */
  acme?: { settings: string; program: string } | undefined;
  /** Whether the new release starts beside the old one, or in its place. */
  beside: boolean;
  /** Per cent of the requests that the release gets. */
  traffic: number;
  /** Seconds a request may go on in a release that is being left. */
  drain: number;
  /** Seconds for which the release that was left stays ready. */
  warm: number;
  /** Services of which one may run at a time. */
  once: readonly string[];
  /** Paths, by service with a route, that must answer 2xx before a release gets requests. */
  smoke: readonly { service: string; path: string }[];
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/**
 * The override that pins every promoted service by digest. Behind an edge it also moves the ports of routed services to the
 * slot's loopback ports, and lets both slots share the application's volumes.
 */
export function pinsFile(
  images: Readonly<Record<string, string>>,
  behind?: { app: string; routes: readonly EdgeRoute[]; volumes: readonly string[] },
): string {
  const document = new Document({
    services: Object.fromEntries(Object.entries(images).map(([name, image]) => [name, { image }])),
    ...(behind &&
      behind.volumes.length > 0 && {
        volumes: Object.fromEntries(behind.volumes.map((name) => [name, { name: `${behind.app}_${name}` }])),
      }),
  });
  const ported = Map.groupBy((behind?.routes ?? []).entries(), ([, route]) => route.service);
  for (const [service, routes] of ported) {
    const ports = document.createNode(
      routes.map(([index, route]) => `127.0.0.1:${loopbackPort(index)}:${route.port}`),
    );
    // Compose, from 2.24.4 on, takes these ports instead of adding them.
    ports.tag = "!override";
    document.setIn(["services", service, "ports"], ports);
  }
  return document.toString();
}

/** Docker's configuration file with the credentials of one registry. */
export const dockerConfig = (registry: { server: string; username: string; token: string }): string =>
  JSON.stringify({
    auths: { [registry.server]: { auth: base64(`${registry.username}:${registry.token}`) } },
  });

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** SHA-256 of the files that a deployment puts on a host; pins by slot, and in place. The environment holds secrets: so does this. */
export interface DeployedFiles {
  compose: string;
  environment: string;
  pins: Record<"place" | keyof typeof slots, string>;
}

/** The files that the payload leads to, as `sha256sum` shows them. */
export function deployedFiles(input: PayloadInput): DeployedFiles {
  const pins = pinsFile(input.images, behindEdge(input));
  const pinsIn = (slot: keyof typeof slots) => sha256(pins.replaceAll("@slot@", String(slots[slot])));
  return {
    compose: sha256(input.compose.text),
    environment: sha256(environmentFile(input.environment)),
    pins: { place: sha256(pins), blue: pinsIn("blue"), green: pinsIn("green") },
  };
}

const behindEdge = ({ app, compose, edge }: PayloadInput) =>
  edge && { app, routes: edge.routes, volumes: compose.volumes };

const encode = (lines: readonly (readonly [string, string])[]): string =>
  lines.map(([key, value]) => `${key} ${value}\n`).join("");

type Line = readonly [string, string];

/** What both scripts of a host have to know. */
function common({ app, rollout, release, waitSeconds }: PayloadInput): Line[] {
  const { version, commit, createdAt, images } = release;
  const record = { id: releaseId(release), version, commit, createdAt, images };
  return [
    ["app", app],
    ["attempt", String(rollout.attempt)],
    ["mode", rollout.mode],
    ["wait", String(waitSeconds)],
    ["release", base64(JSON.stringify(record))],
  ];
}

/** Services of which one may run at a time, where two releases are on a host at once. */
const once = ({ edge }: PayloadInput): Line[] =>
  edge?.beside ? edge.once.map((name) => ["once", name]) : [];

const stateful = ({ compose, stateful: has }: PayloadInput): Line[] =>
  has ? compose.stateful.map((name) => ["stateful", name]) : [];

function slotLines({ edge }: PayloadInput): Line[] {
  if (!edge) return [];
  const smoke = edge.smoke.map(({ service, path }): Line => {
    const index = edge.routes.findIndex((route) => route.service === service);
    return ["smoke", `${String(index).padStart(3, "0")}${path}`];
  });
  // How long the host waits for its last requests when it is removed.
  return [["beside", edge.beside ? "1" : "0"], ["drain", String(edge.drain)], ...smoke];
}

/** Starts a release: `key value` lines. A different attempt is a different payload, so every attempt runs. */
export function payload(input: PayloadInput): string {
  const { compose, registry } = input;
  const alone = once(input).map(([, name]) => name);
  return encode([
    ...common(input),
    ["migration", String(input.migrationSeconds)],
    ["compose", base64(compose.text)],
    ["pins", base64(pinsFile(input.images, behindEdge(input)))],
    ["environment", base64(environmentFile(input.environment))],
    ...(registry ? [["registry", base64(dockerConfig(registry))] as const] : []),
    ...slotLines(input),
    ...clusterLine(input.cluster),
    ...compose.services.filter((name) => !alone.includes(name)).map((name): Line => ["service", name]),
    ...once(input),
    ...compose.jobs.map((name): Line => ["job", name]),
    ...(input.stateful && compose.stateful.length > 0 ? [["profile", "data"] as const] : []),
    ...stateful(input),
  ]);
}

const clusterLine = (lines: readonly string[] = []): Line[] =>
  lines.length > 0 ? [["cluster", base64(`${lines.join("\n")}\n`)]] : [];

/** What a host reads that makes a cluster or joins one; `lines` as `cluster.sh` and `join.sh` want them. */
export const memberPayload = (input: PayloadInput, lines: readonly string[]): string =>
  encode([
    ...common(input),
    ...(input.registry ? [["registry", base64(dockerConfig(input.registry))] as const] : []),
    ...clusterLine(lines),
  ]);

/** The edge's configuration, and the release's share. */
const switchLines = (edge: EdgePayload): Line[] => [
  ["traffic", String(edge.traffic)],
  ["drain", String(edge.drain)],
  ["warm", String(edge.warm)],
  ["edge", base64(edge.configuration)],
  ["page", base64(edge.page)],
  ...(edge.tls === undefined ? [] : [["tls", base64(edge.tls)] as const]),
  ...acmeLines(edge.acme),
];

const acmeLines = (acme: EdgePayload["acme"]): Line[] =>
  acme
    ? [
        ["acme", base64(acme.settings)],
        ["renewal", base64(acme.program)],
      ]
    : [];

/** Moves traffic to what `payload` started. */
export function switchPayload(input: PayloadInput, edge: EdgePayload): string {
  return encode([
    ...common(input),
    // What is started anew is switched to anew, whatever started it.
    ["deployment", sha256(payload(input))],
    ...switchLines(edge),
    ...once(input),
    ...stateful(input),
  ]);
}

/** Both on a host that has no other to wait for: starts a release and moves the traffic to it. */
export const lonePayload = (input: PayloadInput, edge: EdgePayload): string =>
  payload(input) + encode(switchLines(edge));
