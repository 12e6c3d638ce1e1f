/**
 * Stands in for `docker buildx`: `build --push` makes the example application's image of the service whose directory is given, with the labels
 * that were asked for, and pushes it; `imagetools create` points a tag at a manifest that is there.
 */
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pushImage } from "../../images/push.ts";
import { shopRelease, shopSource } from "../../images/shop.ts";
import { type ShopService, shopServices } from "../../images/shop-behaviours.ts";
import { fail, parsed } from "./arguments.ts";
import { clientFor, manifestOf, referenceOf } from "./registry.ts";

const isService = (name: string): name is ShopService => shopServices.some((service) => service === name);

async function build(args: readonly string[]): Promise<void> {
  const { values, positionals } = parsed(args, {
    push: { type: "boolean" },
    platform: { type: "string" },
    provenance: { type: "string" },
    tag: { type: "string" },
    "metadata-file": { type: "string" },
    label: { type: "string", multiple: true },
  });
  const [context = ""] = positionals;
  const service = basename(context);
  if (!existsSync(join(context, "Dockerfile"))) fail(`expected a Dockerfile in ${context}, found none`);
  if (!isService(service)) return fail(`the example application has no service ${service}`);
  if (!values.push || values.platform !== "linux/amd64") fail("expected --push and --platform linux/amd64");
  const labels = Object.fromEntries(
    (values.label ?? []).map((label) => [
      label.slice(0, label.indexOf("=")),
      label.slice(label.indexOf("=") + 1),
    ]),
  ) as Record<string, string>;
  const label = (name: string) =>
    labels[`org.opencontainers.image.${name}`] ?? fail(`expected the label ${name}`);
  if (label("source") !== shopSource) fail(`expected the source ${shopSource}, got ${label("source")}`);
  const release = await shopRelease({
    version: label("version"),
    commit: label("revision"),
    createdAt: label("created"),
  });
  const reference = referenceOf(values.tag ?? "");
  const image = release[service];
  const digest = await pushImage(clientFor(reference), reference.repository, image, [
    reference.tag ?? "latest",
  ]);
  const told = { "containerimage.digest": digest, "image.name": values.tag };
  if (values["metadata-file"] !== undefined) writeFileSync(values["metadata-file"], JSON.stringify(told));
  process.stderr.write(`pushed ${reference.repository}@${digest}\n`);
}

async function create(args: readonly string[]): Promise<void> {
  const { values, positionals } = parsed(args, { tag: { type: "string" } });
  const [from, to] = [referenceOf(positionals[0] ?? ""), referenceOf(values.tag ?? "")];
  if (from.host !== to.host || from.repository !== to.repository) fail("expected one repository");
  const { text, type } = await manifestOf(from);
  const path = `/v2/${to.repository}/manifests/${to.tag ?? "latest"}`;
  await clientFor(to).ask("PUT", path, [201], { body: Buffer.from(text), type });
}

const [first, second, ...rest] = process.argv.slice(2);
if (first === "buildx" && second === "build") await build(rest);
else if (first === "buildx" && second === "imagetools" && rest[0] === "create") await create(rest.slice(1));
else fail(`docker ${process.argv.slice(2).join(" ")} is not stood in for`);
