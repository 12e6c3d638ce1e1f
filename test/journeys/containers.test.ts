/** The story on real hosts: systemd, cloud-init, sshd and Docker in containers of this machine's engine. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { DockerApi, engineSocket } from "../../rehearsal/host/container/docker-api.ts";
import { folderLabel, withLabel } from "../../rehearsal/host/container/labels.ts";
import { onContainers } from "../rehearsal/host/container/enabled.ts";

onContainers();

const main = join(import.meta.dirname, "..", "..", "rehearsal", "main.ts");

/** Two environments, four deployments, on two cores that other tests use as well. */
const long = 480_000;

const labelled = z.array(z.object({ Labels: z.record(z.string(), z.string()).nullable() }));

/** How many containers and networks the engine has of worlds below a folder. */
async function remains(directory: string): Promise<number> {
  const api = await DockerApi.connect(engineSocket(process.env));
  const filter = withLabel(folderLabel);
  const lists = await Promise.all([
    api.read(labelled, { method: "GET", path: `/containers/json?all=1&${filter}` }),
    api.read(labelled, { method: "GET", path: `/networks?${filter}` }),
  ]);
  return lists.flat().filter(({ Labels }) => Labels?.[folderLabel]?.startsWith(`${directory}/`)).length;
}

describe("npm run rehearse -- --hosts containers:1 --json", () => {
  test("tells the same story with the same ending, and leaves nothing behind", {
    timeout: long,
  }, async () => {
    const temporary = mkdtempSync(join(tmpdir(), "liftlock-rehearse-"));
    const child = spawn(process.execPath, [main, "--json", "--hosts", "containers:1"], {
      env: { ...process.env, TMPDIR: temporary },
    });
    onTestFinished(async () => {
      // A world ends when its starter is gone.
      child.kill("SIGKILL");
      for (let tries = 0; tries < 300 && (await remains(temporary)) > 0; tries++) await sleep(100);
      rmSync(temporary, { recursive: true, force: true });
    });
    let [output, people] = ["", ""];
    let most = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      void remains(temporary).then((count) => {
        most = Math.max(most, count);
      });
    });
    child.stderr.on("data", (chunk: Buffer) => (people += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, people]).toEqual([0, expect.stringContaining("The rehearsal went as it should")]);
    expect(people).toContain("Rolled back (StartFailed)");
    expect(people).toContain("STRIPE_LIVE_KEY is not set");
    expect(people).toContain("6 images, 0 bytes moved");
    const events = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({
      event: "rehearsal.finished",
      promotions: [
        { release: "1.4.0", state: "Completed" },
        { release: "1.5.0", state: "RolledBack", failure: "StartFailed" },
      ],
      production: {
        release: "1.4.0",
        tags: { main: "1.4.0", latest: "1.4.0" },
        digests: { api: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string },
      },
    });
    // A network, and a host in each environment.
    expect(most).toBeGreaterThanOrEqual(3);
    expect(await remains(temporary)).toBe(0);
    expect(readdirSync(temporary).filter((name) => name.startsWith("liftlock-rehearsal"))).toEqual([]);
  });
});
