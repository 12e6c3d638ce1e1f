// Asking a registry for a digest (OCI distribution specification: HEAD of a manifest, token authentication).
import { EngineError } from "../../failure.ts";
import { isObject, type Props } from "../../values/values.ts";
import { flag, optionalText, structured, text } from "../fields.ts";
import { type HttpAnswer, send } from "../http/request.ts";
import { isLoopbackHost } from "../loopback.ts";
import type { ImageReference } from "./reference.ts";

const MANIFEST_TYPES = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
].join(", ");

/** Where a registry is, and who asks. */
interface Access {
  readonly base: string;
  readonly basic?: string;
}

const hostOf = (address: string): string => address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");

/** The entry for a registry among a provider's `registryAuth`. */
function authOf(config: Props, registry: string): Props {
  const entries = structured(config.registryAuth);
  const all = Array.isArray(entries) ? (entries as unknown[]) : [];
  return all.filter(isObject).find((entry) => hostOf(text(entry, "address")) === registry) ?? {};
}

/** Plain HTTP for registries on this machine and for those whose address says so. */
function accessTo(config: Props, registry: string): Access {
  const auth = authOf(config, registry);
  const address = text(auth, "address");
  const plain =
    address.startsWith("http://") || (!address.startsWith("https://") && isLoopbackHost(hostname(registry)));
  const username = optionalText(auth, "username");
  const basic =
    username === undefined || flag(auth, "authDisabled")
      ? undefined
      : Buffer.from(`${username}:${text(auth, "password")}`).toString("base64");
  return { base: `${plain ? "http" : "https"}://${registry}`, ...(basic !== undefined && { basic }) };
}

const hostname = (registry: string): string => new URL(`http://${registry}`).hostname;

/** Parameters of a `Bearer realm="…",service="…"` challenge. */
function challengeOf(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
}

async function tokenFor(challenge: string, access: Access, repository: string): Promise<string> {
  const { realm = "", service, scope } = challengeOf(challenge);
  if (!URL.canParse(realm))
    throw new EngineError("provider", `the registry asks for a token without saying where: ${challenge}`);
  const url = new URL(realm);
  if (service) url.searchParams.set("service", service);
  url.searchParams.set("scope", scope ?? `repository:${repository}:pull`);
  const headers = access.basic === undefined ? {} : { authorization: `Basic ${access.basic}` };
  const answer = await send({ method: "GET", url, headers: { ...headers } });
  const body: unknown = answer.status === 200 ? JSON.parse(answer.body) : undefined;
  const token = isObject(body)
    ? (optionalText(body, "token") ?? optionalText(body, "access_token"))
    : undefined;
  if (token === undefined)
    throw new EngineError(
      "provider",
      `the registry's token service answered ${answer.status} ${answer.statusText}`,
    );
  return token;
}

async function head(url: URL, access: Access, repository: string): Promise<HttpAnswer> {
  const ask = (headers: Record<string, string>) =>
    send({ method: "HEAD", url, headers: { accept: MANIFEST_TYPES, ...headers } });
  const answer = await ask({});
  if (answer.status !== 401) return answer;
  const challenge = answer.headers["www-authenticate"] ?? "";
  if (/^basic/i.test(challenge) && access.basic !== undefined)
    return ask({ authorization: `Basic ${access.basic}` });
  if (!/^bearer/i.test(challenge)) return answer;
  return ask({ authorization: `Bearer ${await tokenFor(challenge, access, repository)}` });
}

/** The digest a reference stands for now. Throws `provider` with the registry's answer when there is none. */
export async function digestOf(config: Props, name: string, reference: ImageReference): Promise<string> {
  const access = accessTo(config, reference.registry);
  const url = new URL(`${access.base}/v2/${reference.repository}/manifests/${reference.version}`);
  const answer = await head(url, access, reference.repository);
  const digest = answer.headers["docker-content-digest"];
  if (answer.status === 200 && typeof digest === "string") return digest;
  throw new EngineError(
    "provider",
    `did not find the image ${name}: the registry ${reference.registry} answered ${answer.status} ${answer.statusText}`.trimEnd(),
  );
}
