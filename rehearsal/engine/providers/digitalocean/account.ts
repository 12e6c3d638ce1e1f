// Keys and tags.
import { autonamed } from "../autoname.ts";
import { number, object, text } from "../fields.ts";
import { idOf, restResource } from "./rest-resource.ts";

/** `digitalocean.SshKey`. */
export const sshKey = restResource({
  what: "SSH Key",
  collection: () => "account/keys",
  envelope: "ssh_key",
  idOf,
  required: ["publicKey"],
  replaceOn: ["publicKey"],
  check: autonamed,
  body: (inputs) => ({ name: text(inputs, "name"), public_key: text(inputs, "publicKey") }),
  updateBody: (inputs) => ({ name: text(inputs, "name") }),
  outputs: (item) => ({
    name: text(item, "name"),
    publicKey: text(item, "public_key").trim(),
    fingerprint: text(item, "fingerprint"),
  }),
});

/** `digitalocean.Tag`. */
export const tag = restResource({
  what: "tag",
  collection: () => "tags",
  envelope: "tag",
  idOf: (item) => text(item, "name"),
  replaceOn: ["name"],
  check: autonamed,
  body: (inputs) => ({ name: text(inputs, "name") }),
  immutable: true,
  outputs: (item) => {
    const resources = object(item, "resources");
    const count = (kind: string) => number(object(resources, kind), "count");
    return {
      name: text(item, "name"),
      totalResourceCount: number(resources, "count"),
      dropletsCount: count("droplets"),
      imagesCount: count("images"),
      volumesCount: count("volumes"),
      volumeSnapshotsCount: count("volume_snapshots"),
      databasesCount: count("databases"),
    };
  },
});
