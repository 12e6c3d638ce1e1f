import { stringify } from "yaml";
import { type Release, releaseId } from "../src/release/release.ts";
import type { ComposeFile } from "./composeFile.ts";
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
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The override that pins every promoted service by digest. */
export const pinsFile = (images: Readonly<Record<string, string>>): string =>
  stringify({
    services: Object.fromEntries(Object.entries(images).map(([name, image]) => [name, { image }])),
  });

/** Docker's configuration file with the credentials of one registry. */
export const dockerConfig = (registry: { server: string; username: string; token: string }): string =>
  JSON.stringify({
    auths: { [registry.server]: { auth: base64(`${registry.username}:${registry.token}`) } },
  });

/** `key value` lines. A different attempt is a different payload, so every attempt runs. */
export function payload(input: PayloadInput): string {
  const { compose } = input;
  const { version, commit, createdAt, images } = input.release;
  const record = { id: releaseId(input.release), version, commit, createdAt, images };
  const lines: [string, string][] = [
    ["app", input.app],
    ["attempt", String(input.rollout.attempt)],
    ["mode", input.rollout.mode],
    ["wait", String(input.waitSeconds)],
    ["migration", String(input.migrationSeconds)],
    ["release", base64(JSON.stringify(record))],
    ["compose", base64(compose.text)],
    ["pins", base64(pinsFile(input.images))],
    ["environment", base64(environmentFile(input.environment))],
    ...(input.registry ? [["registry", base64(dockerConfig(input.registry))] as [string, string]] : []),
    ...compose.services.map((name): [string, string] => ["service", name]),
    ...compose.jobs.map((name): [string, string] => ["job", name]),
    ...(input.stateful && compose.stateful.length > 0
      ? [
          ["profile", "data"] as [string, string],
          ...compose.stateful.map((name): [string, string] => ["stateful", name]),
        ]
      : []),
  ];
  return lines.map(([key, value]) => `${key} ${value}\n`).join("");
}
