import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Load } from "./client.ts";
import { tally } from "./reading.ts";

/** So many requests a second for so many milliseconds, to a server on this machine. */
async function loaded(listener: RequestListener, rate = 200, milliseconds = 600) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  using load = await Load.start({ targets: [{ address: "127.0.0.1", port }], rate, most: 10_000 });
  await sleep(milliseconds);
  const recording = await load.stop();
  server.close();
  server.closeAllConnections();
  return recording;
}

describe("a load", () => {
  it("asks in every way, and reads the version from the answers", async () => {
    const recording = await loaded((_, response) => response.end("1.2.3"));
    expect(tally([recording])).toMatchObject({ dropped: 0, withheld: 0 });
    expect(recording.sent.length).toBeGreaterThan(100);
    expect(new Set(recording.kind)).toEqual(new Set([0, 1, 2]));
    expect(recording.versions).toEqual(["", "1.2.3"]);
    expect(new Set(recording.version)).toEqual(new Set([1]));
  });

  it("counts connections that are broken, and answers that say so, as dropped", async () => {
    let count = 0;
    const recording = await loaded((request, response) => {
      count += 1;
      if (count % 2 === 0) request.socket.resetAndDestroy();
      else response.writeHead(503).end();
    });
    const { requests, dropped, outcomes } = tally([recording]);
    expect(dropped).toBe(requests);
    expect(Object.keys(outcomes).sort()).toEqual(["reset", "status 5xx"]);
  });

  it("counts a closed port as dropped", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    using load = await Load.start({ targets: [{ address: "127.0.0.1", port }], rate: 100, most: 1000 });
    await sleep(200);
    const { requests, dropped, outcomes } = tally([await load.stop()]);
    expect(requests).toBeGreaterThan(0);
    expect([dropped, outcomes]).toEqual([requests, { refused: requests }]);
  });

  it("does not wait for slow answers before it asks again, and gives up on those that never come", {
    timeout: 20_000,
  }, async () => {
    const recording = await loaded(() => undefined, 100, 400);
    const { requests, outcomes } = tally([recording]);
    expect(requests).toBeGreaterThan(20);
    expect(outcomes).toEqual({ "timed out": requests });
  });
});
