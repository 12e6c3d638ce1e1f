import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { Objects } from "../../../rehearsal/host/restic/objects.ts";
import { type Storage, startStorage } from "../../../rehearsal/storage/server.ts";
import { chunkSignature, type Signed, sha256, signatureOf } from "../../../rehearsal/storage/signature.ts";

const key = { id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };

describe("signature version 4", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object"
  it("is that of the documentation's example", () => {
    const emptyHash = sha256("");
    const signed: Signed = {
      method: "GET",
      path: "/test.txt",
      query: new URLSearchParams(),
      headers: {
        host: "examplebucket.s3.amazonaws.com",
        range: "bytes=0-9",
        "x-amz-content-sha256": emptyHash,
        "x-amz-date": "20130524T000000Z",
      },
      signedHeaders: ["host", "range", "x-amz-content-sha256", "x-amz-date"],
      payloadHash: emptyHash,
      date: "20130524T000000Z",
      scope: "20130524/us-east-1/s3/aws4_request",
    };
    expect(signatureOf(key, signed)).toBe("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    expect(
      signatureOf(key, {
        ...signed,
        path: "/",
        query: new URLSearchParams({ "max-keys": "2", prefix: "J" }),
        signedHeaders: ["host", "x-amz-content-sha256", "x-amz-date"],
      }),
    ).toBe("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  it("of a body in pieces is that of the documentation's example", () => {
    const at = { date: "20130524T000000Z", scope: "20130524/us-east-1/s3/aws4_request" };
    const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    const first = chunkSignature(key, at, seed, Buffer.alloc(65_536, "a"));
    expect(first).toBe("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    expect(chunkSignature(key, at, first, Buffer.alloc(1024, "a"))).toBe(
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    );
  });
});

describe("the storage", () => {
  const faults = new Faults();
  let storage: Storage;

  beforeAll(async () => {
    storage = await startStorage({ faults, key });
  });
  afterAll(() => storage.close());
  afterEach(() => faults.clear());

  const client = (bucket: string, credentials = key) =>
    new Objects(`s3:${storage.url}/${bucket}/path`, credentials, new AbortController().signal);

  it("keeps what is put into a bucket, and lists it", async () => {
    const objects = client("first");
    await expect(objects.get("a")).rejects.toThrow("The specified bucket does not exist");
    await objects.makeBucket();
    await expect(objects.get("a")).rejects.toThrow("The specified key does not exist.");
    const bytes = Buffer.from([0, 1, 255, 10, 13]);
    await objects.put("data/a b+c/ä(1)'*", bytes);
    expect(await objects.get("data/a b+c/ä(1)'*")).toEqual(bytes);
    expect(await objects.list("data")).toEqual(["a b+c/ä(1)'*"]);
    await objects.remove("data/a b+c/ä(1)'*");
    expect(await objects.has("data/a b+c/ä(1)'*")).toBe(false);
    // As S3 has it.
    await objects.remove("data/never there");
  });

  it("lists more than one page", async () => {
    const objects = client("many");
    await objects.makeBucket();
    const bucket = storage.buckets.get("many");
    const names = Array.from({ length: 2500 }, (_, index) => String(index).padStart(4, "0"));
    for (const name of names)
      bucket?.set(`path/data/${name}`, { bytes: Buffer.alloc(0), modified: new Date() });
    bucket?.set("path/other/x", { bytes: Buffer.alloc(0), modified: new Date() });
    expect(await objects.list("data")).toEqual(names);
  });

  it.each([
    ["another secret", { ...key, secret: "another" }, "The request signature we calculated does not match"],
    ["another key", { ...key, id: "another" }, "does not exist in our records"],
  ])("believes nobody with %s", async (_, credentials, message) => {
    await client("guarded").makeBucket();
    await expect(client("guarded", credentials).get("a")).rejects.toThrow(message);
    await expect(client("guarded", credentials).put("a", Buffer.from("x"))).rejects.toThrow(message);
    expect(storage.buckets.get("guarded")?.size).toBe(0);
  });

  it("answers nobody without a signature", async () => {
    expect((await fetch(`${storage.url}/guarded/`)).status).toBe(403);
    expect((await fetch(`${storage.url}/guarded/a`, { method: "PUT", body: "x" })).status).toBe(403);
  });

  it("fails on purpose", async () => {
    const objects = client("failing");
    await objects.makeBucket();
    faults.add({ part: "storage", match: "^PUT ", action: { kind: "status", status: 503 } });
    await expect(objects.put("a", Buffer.from("x"))).rejects.toThrow("503");
    expect(storage.buckets.get("failing")?.size).toBe(0);
    faults.add({ part: "storage", match: "^PUT ", action: { kind: "refuse" } });
    await expect(objects.put("a", Buffer.from("x"))).rejects.toThrow("unable to open config file");
    await objects.put("a", Buffer.from("x"));
  });
});
