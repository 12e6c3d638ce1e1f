import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as listen } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readBounded } from "../../src/registry/body.ts";
import { exchange } from "../../src/registry/exchange.ts";

interface Place {
  url: URL;
  /** `METHOD path authorization` of each request. */
  asked: string[];
}

async function place(answer: RequestListener): Promise<Place> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "nobody"}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.close().closeAllConnections());
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a`), asked };
}

const sending =
  (location: string, status = 307): RequestListener =>
  (_, response) =>
    response.writeHead(status, { location }).end("elsewhere");

const get = (url: URL, wish: Partial<Parameters<typeof exchange>[1]> = {}) =>
  exchange(url, {
    method: "GET",
    headers: { authorization: "ours" },
    signal: AbortSignal.timeout(20_000),
    ...wish,
  });

test("follows a redirect; credentials stay where they belong", async () => {
  const storage = await place((_, response) => response.end("bytes"));
  const registry = await place((request, response) =>
    request.url === "/a" ? sending("/b")(request, response) : sending(storage.url.href)(request, response),
  );
  const answer = await get(registry.url);
  expect(answer.status).toBe(200);
  expect(String(await readBounded(answer, 100))).toBe("bytes");
  expect(registry.asked).toEqual(["GET /a ours", "GET /b ours"]);
  expect(storage.asked).toEqual(["GET /a nobody"]);
});

test("follows five redirects at most, and none of a request that writes", async () => {
  const round = await place(sending("/a", 302));
  await expect(get(round.url)).rejects.toThrow("redirected more than 5 times");
  expect(round.asked).toHaveLength(6);
  const answer = await get(round.url, { method: "PUT", body: Buffer.from("x") });
  expect([answer.status, answer.headers.get("Location")]).toEqual([302, "/a"]);
  answer.body.destroy();
  expect(round.asked).toHaveLength(7);
});

test.each(["http://[", "ftp://127.0.0.1/x", "http://registry.example.com/x"])(
  "does not go to %j",
  async (location) => {
    const registry = await place(sending(location));
    const answer = await get(registry.url);
    expect(answer.status).toBe(307);
    answer.body.destroy();
  },
);

test("sends bytes with their length, and pieces as they come", async () => {
  const bodies: string[] = [];
  const registry = await place((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(`${request.headers["content-length"]} ${String(Buffer.concat(chunks))}`);
      response.end();
    });
  });
  const pieces = async function* () {
    yield Buffer.from("ab");
    yield Buffer.from("c");
  };
  for (const body of [Buffer.from("whole"), pieces()])
    await readBounded(await get(registry.url, { method: "PUT", body }), 10);
  expect(bodies).toEqual(["5 whole", "undefined abc"]);
});

test("ends with its source, and with its signal, before and after the answer has begun", async () => {
  const registry = await place((_, response) => void response.writeHead(200).write("begun"));
  const broken = async function* () {
    yield Buffer.from("ab");
    throw new TypeError("the source broke");
  };
  const deaf = await place(() => undefined);
  await expect(get(deaf.url, { method: "PUT", body: broken() })).rejects.toThrow("the source broke");
  await expect(get(deaf.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
  const end = new AbortController();
  const answer = await get(registry.url, { signal: end.signal });
  end.abort();
  await expect(readBounded(answer, 100)).rejects.toThrow(/abort/);
});

test("stops sending to who has answered already", async () => {
  // It says no at once, and goes on listening.
  const server = listen((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 413 No\r\ncontent-length: 3\r\n\r\nbig")).resume();
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  let ended = false;
  const endless = async function* () {
    try {
      for (;;) yield Buffer.alloc(65_536);
    } finally {
      ended = true;
    }
  };
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const answer = await get(url, { method: "PUT", body: endless() });
  expect([answer.status, String(await readBounded(answer, 100))]).toEqual([413, "big"]);
  await expect.poll(() => ended).toBe(true);
});
