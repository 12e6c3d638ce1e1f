import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { addressProblem, pushMetrics } from "../../src/health/pushgateway.ts";

let server: Server | undefined;
afterEach(() => void server?.close());

interface Heard {
  method: string | undefined;
  url: string | undefined;
  type: string | undefined;
  body: string;
}

/** A Pushgateway that answers so; nothing at all without a status. */
async function gateway(status: number | undefined): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      heard.push({ method, url, type: headers["content-type"], body: Buffer.concat(chunks).toString() });
      if (status !== undefined) response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

describe("pushMetrics", () => {
  it("replaces the job's metrics", async () => {
    const { url, heard } = await gateway(200);
    expect(await pushMetrics(`${url}/prefix`, "a 1\n")).toBeUndefined();
    expect(heard).toEqual([
      {
        method: "PUT",
        url: "/prefix/metrics/job/liftlock",
        type: "text/plain; version=0.0.4",
        body: "a 1\n",
      },
    ]);
  });

  it.each([400, 500, 302])("says that it was answered %i, and goes nowhere else", async (status) => {
    const { url } = await gateway(status);
    expect(await pushMetrics(url, "a 1\n")).toBe(`${new URL(url).host} answered ${status}`);
  });

  it("does not wait for ever", async () => {
    const { url } = await gateway(undefined);
    expect(await pushMetrics(url, "a 1\n", { timeout: 100 })).toMatch(/did not answer within 0.1 s/);
    server?.closeAllConnections();
  });

  it("says that nobody is there", async () => {
    expect(await pushMetrics("http://127.0.0.1:9", "a 1\n")).toBe("127.0.0.1:9 cannot be reached");
  });
});

describe("addressProblem", () => {
  it.each(["http://localhost:9091", "https://push.example.com/prefix"])("takes %s", (address) => {
    expect(addressProblem(address)).toBeUndefined();
  });

  it.each([
    "push.example.com",
    "ftp://push.example.com",
    "https://user:pass@push.example.com",
    "https://push.example.com/?a=b",
  ])("does not take %s", (address) => {
    expect(addressProblem(address)).toBeDefined();
  });

  it("repeats no password", () => {
    expect(addressProblem("https://user:hunter2@push.example.com")).not.toContain("hunter2");
  });
});
