import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { badInProduction } from "../../rehearsal/images/faulty-releases.ts";
import { Scene } from "./scene.ts";
import { liftlock } from "./stage.ts";

const repository = join(import.meta.dirname, "..", "..");

describe("npm run rehearse -- --json", () => {
  it("tells the whole story, one JSON object a line, and leaves nothing behind", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "liftlock-rehearse-"));
    const child = spawn(
      process.execPath,
      [join(repository, "rehearsal", "main.ts"), "--json", "--hosts", "1"],
      {
        env: { ...process.env, TMPDIR: temporary },
      },
    );
    let [output, people] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (people += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(people).toContain("Rolled back (StartFailed)");
    expect(people).toContain("STRIPE_LIVE_KEY is not set");
    expect(people).toContain("6 images, 0 bytes moved");
    expect(people).toContain("In the registry: main → 1.4.0, latest → 1.4.0.");
    expect(code).toBe(0);
    const events = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({
      event: "rehearsal.finished",
      engine: "rehearsal",
      promotions: [
        { release: "1.4.0", state: "Completed", seconds: expect.any(Number) as number },
        {
          release: "1.5.0",
          state: "RolledBack",
          failure: "StartFailed",
          recoverySeconds: expect.any(Number) as number,
        },
      ],
      production: {
        release: "1.4.0",
        tags: { main: "1.4.0", latest: "1.4.0" },
        digests: { api: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string },
      },
    });
    expect(readdirSync(temporary).filter((name) => name.startsWith("liftlock-rehearsal"))).toEqual([]);
  });

  it.each([[["--hosts", "none"]], [["--fast"]], [["--engine", "other"]]])(
    "%j is refused with exit 2",
    async (args) => {
      const child = spawn(process.execPath, [join(repository, "rehearsal", "main.ts"), ...args]);
      expect(await new Promise((resolve) => child.once("close", resolve))).toBe(2);
    },
  );
});

describe("secrets", () => {
  const scene = new Scene();

  /** Every file below a directory, but the hosts' own disks: what runs there needs its secrets. */
  const files = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(directory, "hosts")))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes("node_modules") && existsSync(path));

  it("are nowhere in the clear: no output, no event, no file, after a promotion, a failure and a look around", async () => {
    const { world } = scene;
    const said: string[] = [];
    const command = async (args: string[], stdin = "") => {
      const ran = await liftlock(world, args, { stdin });
      said.push(JSON.stringify(ran.events), ran.stderr);
    };
    const leaky = {
      ...badInProduction.api,
      exit: { code: 1, log: ["cannot reach $DATABASE_URL with $SESSION_SECRET"] },
    };
    await command(["deploy", "production", "--release", "-"], JSON.stringify(await scene.release()));
    await command(
      ["deploy", "production", "--release", "-"],
      JSON.stringify(await scene.release({ api: leaky })),
    );
    for (const args of [["status"], ["history"], ["drift"]]) await command(args);
    expect(said.join("")).toContain("cannot reach postgres://shop:[secret]@");

    const secrets = [
      world.registryToken,
      world.signingKey.privateKey,
      ...Object.values(world.secrets).flatMap((s) => Object.values(s) as string[]),
    ]
      .flatMap((value) => [value, ...value.split("\n").filter((line) => line.length > 40)])
      .flatMap((value) => [value, Buffer.from(value).toString("base64")]);
    const texts = [...said, ...files(world.directory).map((path) => readFileSync(path, "latin1"))];
    expect(texts.length).toBeGreaterThan(20);
    const leaked = secrets.filter((value) => texts.some((text) => text.includes(value)));
    expect(leaked.map((value) => value.slice(0, 12))).toEqual([]);
  });
});
