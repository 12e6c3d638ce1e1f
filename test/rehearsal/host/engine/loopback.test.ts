import { createServer, request } from "node:http";
import { describe, expect, it } from "vitest";
import { Loopback, PortTaken } from "../../../../rehearsal/host/engine/loopback.ts";

describe("a host's loopback", () => {
  it("connects to what listens, and to nothing else", async () => {
    const loopback = new Loopback();
    expect(loopback.connect(80)).toBeUndefined();
    const close = loopback.listen(80, (connection) => connection.pipe(connection));
    expect(() => loopback.listen(80, () => {})).toThrow(PortTaken);
    const connection = loopback.connect(80);
    connection?.end("hello");
    let text = "";
    for await (const chunk of connection ?? []) text += String(chunk);
    expect(text).toBe("hello");
    close();
    expect(loopback.connect(80)).toBeUndefined();
    loopback.listen(80, () => {});
  });

  it("resets a connection whose other end is destroyed", async () => {
    const loopback = new Loopback();
    loopback.listen(80, (connection) => connection.destroy());
    const connection = loopback.connect(80);
    const error = await new Promise((resolve) => connection?.once("error", resolve));
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  it("carries HTTP in both directions, however much", async () => {
    const loopback = new Loopback();
    const server = createServer((asked, answer) => asked.pipe(answer));
    loopback.listen(80, (connection) => server.emit("connection", connection));
    const body = Buffer.alloc(3_000_000, "x");
    const got = await new Promise<Buffer>((resolve, reject) => {
      const createConnection = () => loopback.connect(80) as never;
      const asking = request({ createConnection, method: "POST" }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve(Buffer.concat(chunks)));
      });
      asking.on("error", reject);
      asking.end(body);
    });
    expect(got.equals(body)).toBe(true);
  });
});
