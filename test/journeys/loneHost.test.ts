import { describe, expect, it } from "vitest";
import { badInProduction } from "../../rehearsal/images/faulty-releases.ts";
import { Scene } from "./scene.ts";
import { hostNumber, liftWhileAsked, setStrategy } from "./strategies.ts";

const scene = new Scene(1, { strategy: { type: "blueGreen" }, environments: ["production"] });
const patience = 600_000;

describe("a host that has no other to wait for", () => {
  it(
    "starts a release and moves its traffic over one connection",
    async () => {
      const before = scene.serving;
      const { sessions } = hostNumber(scene.world, 1);
      const { logins } = sessions;
      const { release, result, seen } = await liftWhileAsked(scene);
      expect(result.status).toBe("Completed");
      expect(seen.dropped).toEqual([]);
      expect(seen.versions).toEqual([before.version, release.version]);
      scene.expectServing(release);
      // Migrations, the release, and the driver's own, over which it looks at the host again and again.
      expect(sessions.logins - logins).toBe(3);
    },
    patience,
  );

  it(
    "moves nothing to a release that crashes",
    async () => {
      const before = scene.serving;
      const { result, seen } = await liftWhileAsked(scene, badInProduction);
      scene.expectRolledBack(result, "StartFailed", before);
      expect(seen.dropped).toEqual([]);
      expect(seen.versions).toEqual([before.version]);
    },
    patience,
  );

  it(
    "gives a canary its shares, one after the other",
    async () => {
      const steps = [20, 50].map((traffic) => ({ traffic, pause: 1 }));
      setStrategy(scene.world, {
        type: "canary",
        steps,
        analysis: { requests: 3, patience: 20, fast: 5_000 },
      });
      const before = scene.serving;
      const lifted = await liftWhileAsked(scene, undefined, "/planner/version");
      expect(lifted.result.reason).toBeUndefined();
      scene.expectServing(lifted.release);
      expect(lifted.seen.dropped).toEqual([]);
      expect(lifted.seen.versions.sort()).toEqual([before.version, lifted.release.version].sort());
    },
    patience,
  );
});
