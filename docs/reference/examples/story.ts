import { gatePolicySchema } from "../../../src/plan/gates/policy.ts";
import { releaseId } from "../../../src/release/release.ts";
import { container, host, release } from "../../../test/releases.ts";

/** What the examples tell of: 1.6.1 runs in staging and goes to production, which runs 1.6.0 on two hosts. */

export const now = new Date("2026-03-04T14:02:00Z");
export const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

const services = ["api", "web", "docs", "scheduler", "ai-planner", "migrator"];
export const next = release("1.6.1", services);
export const previous = release("1.6.0", services);
export const [nextName, previousName] = [next, previous].map((r) => ({
  id: releaseId(r),
  version: r.version,
})) as [{ id: string; version: string }, { id: string; version: string }];

export const promotion = "20260304T1402-3f2c9a";
export const attempt = 45;
export const starter = "octo-dev@github";

/** A gates' policy, with what is not given at its default. */
export const policy = (input: object = {}) => gatePolicySchema.parse(input);

const running = ["api", "web", "docs", "scheduler", "ai-planner"];

/** Both hosts as they should be; `api` of the first one changed. */
export const readings = (change: Parameters<typeof container>[2] = {}) =>
  ["shop-production-1", "shop-production-2"].map((name, i) =>
    host(name, next, attempt, {
      containers: running.map((s) => container(s, next, i === 0 && s === "api" ? change : {})),
    }),
  );
