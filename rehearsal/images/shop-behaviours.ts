/** What each service of the example application does when nothing is wrong with it. */
import type { BehaviourInput } from "./behaviour.ts";

export const shopServices = [
  "api",
  "scheduler",
  "ai-planner",
  "web",
  "docs",
  "migrator",
  "postgres",
] as const;

/** A service of the example application, as named in `app/compose.yaml`. */
export type ShopService = (typeof shopServices)[number];

/** A service that answers `/`, `/healthz` and `/version` on port 8080. */
function web(service: ShopService, version: string, more: Partial<BehaviourInput> = {}): BehaviourInput {
  const about = JSON.stringify({ service, version });
  return {
    service,
    version,
    listen: 8080,
    log: [`${service} ${version} listening on 8080 ($APP_ENV)`],
    answers: [
      { path: "/healthz", body: "ok" },
      { path: "/version", body: about },
      { path: "/", body: about },
    ],
    ...more,
  };
}

/** The behaviours of a release that works. */
export function shopBehaviours(version: string): Record<ShopService, BehaviourInput> {
  return {
    api: web("api", version),
    scheduler: web("scheduler", version, {
      log: [
        `scheduler ${version} started ($APP_ENV)`,
        "job send-receipts: every 60 s",
        "job expire-carts: every 300 s",
      ],
    }),
    "ai-planner": web("ai-planner", version),
    web: web("web", version, {
      proxy: { "/api/": "api:8080", "/docs/": "docs:8080", "/planner/": "ai-planner:8080" },
    }),
    docs: web("docs", version),
    migrator: {
      service: "migrator",
      version,
      exit: { code: 0, afterMilliseconds: 50, log: [`migrated to ${version}`] },
    },
    postgres: {
      service: "postgres",
      version,
      listen: 5432,
      database: "/var/lib/postgresql/data",
      log: ["database system is ready to accept connections"],
    },
  };
}
