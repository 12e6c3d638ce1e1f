/**
 * Two registries in a process of their own, the first with an image whose layer is large: so that the memory of whoever copies it is
 * not mixed with that of the registries. Says where it is, as one line of JSON, and ends with its standard input.
 */
import { randomBytes } from "node:crypto";
import { Faults } from "../../rehearsal/faults/faults.ts";
import { manifestMediaType } from "../../rehearsal/images/image.ts";
import { startRegistry } from "../../rehearsal/registry/server.ts";

const size = Number(process.argv[2]);
const source = await startRegistry({ faults: new Faults() });
const target = await startRegistry({ faults: new Faults() });
const repository = "example/shop-staging/api";
const about = (bytes: Buffer) => ({
  mediaType: "application/octet-stream",
  digest: source.store.putBlob(repository, bytes),
  size: bytes.length,
});
const manifest = {
  schemaVersion: 2,
  mediaType: manifestMediaType,
  config: about(Buffer.from("{}")),
  layers: [about(randomBytes(size))],
};
const bytes = Buffer.from(JSON.stringify(manifest));
const { digest } = source.store.putManifest(repository, { mediaType: manifestMediaType, bytes });
process.stdout.write(`${JSON.stringify({ source: source.host, target: target.host, repository, digest })}\n`);
process.stdin.resume().on("end", () => process.exit());
