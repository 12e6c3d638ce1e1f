/** ListObjectsV2, and the older ListObjects. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import { createHash } from "node:crypto";
import type { Answer } from "../http/exchange.ts";
import type { StoredObject } from "./bucket.ts";
import { document, element, refuse } from "./xml.ts";

/** At most so many keys in one answer. */
const most = 1000;

/** A key, or what many keys begin with up to the delimiter. */
type Row = { key: string; object: StoredObject } | { prefix: string };

const nameOf = (row: Row) => ("prefix" in row ? row.prefix : row.key);

function rowsOf(objects: ReadonlyMap<string, StoredObject>, prefix: string, delimiter: string): Row[] {
  const rows = new Map<string, Row>();
  for (const [key, object] of objects) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const row = cut < 0 ? { key, object } : { prefix: key.slice(0, cut + delimiter.length) };
    rows.set(nameOf(row), row);
  }
  return [...rows.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** The entity tag of content: its MD5 in quotes. */
export const etag = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`;

export function list(
  bucket: string,
  objects: ReadonlyMap<string, StoredObject>,
  query: URLSearchParams,
): Answer {
  const value = (name: string) => query.get(name) ?? "";
  const second = value("list-type") === "2";
  if (value("list-type") !== "" && !second) throw refuse(400, "InvalidArgument", "list-type is 2 or absent");
  const [prefix, delimiter] = [value("prefix"), value("delimiter")];
  const size = Math.min(Number(query.get("max-keys") ?? most), most);
  const written = (text: string) =>
    value("encoding-type") === "url" ? encodeURIComponent(text).replaceAll("%2F", "/") : text;
  const token = Buffer.from(value("continuation-token"), "base64url").toString();
  const after = second ? token || value("start-after") : value("marker");
  const rows = rowsOf(objects, prefix, delimiter).filter((row) => nameOf(row) > after);
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const more = rows.length > page.length && last !== undefined;
  const root = element(
    "ListBucketResult",
    element("Name", bucket),
    element("Prefix", written(prefix)),
    element("MaxKeys", String(size)),
    element("Delimiter", delimiter),
    element("IsTruncated", String(more)),
    ...(second ? [element("KeyCount", String(page.length))] : []),
    ...(more && second
      ? [element("NextContinuationToken", Buffer.from(nameOf(last)).toString("base64url"))]
      : []),
    ...(more && !second ? [element("NextMarker", written(nameOf(last)))] : []),
    ...page.map((row) =>
      "prefix" in row
        ? element("CommonPrefixes", element("Prefix", written(row.prefix)))
        : element(
            "Contents",
            element("Key", written(row.key)),
            element("LastModified", row.object.modified.toISOString()),
            element("ETag", etag(row.object.bytes)),
            element("Size", String(row.object.bytes.length)),
            element("StorageClass", "STANDARD"),
          ),
    ),
  );
  return document(200, root);
}
