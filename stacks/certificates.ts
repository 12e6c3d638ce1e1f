import { type AcmeArgs, renewalProgram, renewalSettings } from "../infra/acme.ts";
import { type AcmeAccount, derivedAccount, givenAccount } from "../infra/acmeAccount.ts";
import type { EdgePayload } from "../infra/payload.ts";
import type { Problem } from "../src/release/problems.ts";
import { letsEncrypt } from "./schema/edge.ts";
import type { StackConfig } from "./schema.ts";

type Configured = Pick<StackConfig, "edge" | "dns" | "fleet" | "health" | "ssh">;

/** Where an authority asks for the answer to its challenge, whatever the certificate is for (RFC 8555, section 8.3). */
const challengePort = 80;

/** The names under which the environment is found: those of the routes, and those of the DNS records. */
function knownNames({ edge, dns }: Configured): string[] {
  const routed = (edge?.routes ?? []).flatMap(({ hostName }) => (hostName === undefined ? [] : [hostName]));
  const recorded = (dns?.names ?? []).map((name) => (name === "@" ? dns?.domain : `${name}.${dns?.domain}`));
  return [...new Set([...routed, ...recorded])].filter((name) => name !== undefined);
}

/** The names that the edges' certificate is to have. */
const certificateNames = (config: Configured): string[] =>
  config.edge?.tls?.acme?.names ?? knownNames(config);

type Tls = NonNullable<NonNullable<StackConfig["edge"]>["tls"]>;
type Acme = NonNullable<Tls["acme"]>;

const present = (pair: Pick<Tls, "certificate" | "key">): string[] =>
  (["certificate", "key"] as const).filter((name) => pair[name] !== undefined);

function pairProblems({ certificate, key, acme }: Tls): Problem[] {
  const there = present({ certificate, key });
  if (acme)
    return there.map((name) => ({
      path: `edge.tls.${name}`,
      message: "is there beside acme; keep one of the two",
    }));
  return ["certificate", "key"]
    .filter((name) => !there.includes(name))
    .map((name) => ({
      path: `edge.tls.${name}`,
      message: "missing: expected certificate and key, or acme",
    }));
}

function nameProblems(config: Configured): Problem[] {
  const names = certificateNames(config);
  const path = "edge.tls.acme.names";
  if (names.length === 0)
    return [
      { path, message: "missing: no route has a hostName, and there is no liftlock:dns to take names from" },
    ];
  return names
    .filter((name) => name.includes("*"))
    .map((name) => ({
      path,
      message: `${name} of liftlock:dns cannot be had over HTTP; write the names that are meant`,
    }));
}

/** The authority asks over plain HTTP, and people come over HTTPS. */
function portProblems({ edge, fleet }: Configured, { directory }: Acme, port: number): Problem[] {
  const plain = edge?.port ?? challengePort;
  const why = (closed: number) =>
    closed === port ? "nobody could reach HTTPS" : "the authority could not ask for its challenges";
  return [
    ...(directory === letsEncrypt && plain !== challengePort
      ? [{ path: "edge.port", message: `${plain}, but Let's Encrypt asks for its challenges on port 80` }]
      : []),
    ...[plain, port]
      .filter((each) => !fleet.ports.includes(each))
      .map((each) => ({ path: "fleet.ports", message: `${each} is missing: ${why(each)}` })),
  ];
}

/** Hosts are asked at their addresses: over HTTPS no authority's certificate is for those, and over plain HTTP all but the routes' health is led away. */
function healthProblems({ edge, health }: Configured, acme: Acme | undefined): Problem[] {
  if (health.scheme === "https")
    return acme
      ? [
          {
            path: "health.scheme",
            message:
              "https, but hosts are asked at their addresses, for which no authority gives certificates; write http",
          },
        ]
      : [];
  const known = (edge?.routes ?? []).map((route) => route.health);
  return health.port !== edge?.port
    ? []
    : health.paths
        .filter((path) => !known.includes(path))
        .map((path) => ({
          path: "health.paths",
          message: `${path} is redirected to HTTPS; over plain HTTP a host answers the health of its routes (${[...new Set(known)].join(", ")})`,
        }));
}

/** What about the edges' certificate contradicts itself, or could not work. */
export function certificateProblems(config: Configured): Problem[] {
  const tls = config.edge?.tls;
  if (!tls) return [];
  const { acme, port } = tls;
  return [
    ...pairProblems(tls),
    ...(acme ? [...nameProblems(config), ...portProblems(config, acme, port)] : []),
    ...healthProblems(config, acme),
  ];
}

/** The account with which an environment's hosts ask for certificates; absent where they do not. @throws Failure `ConfigInvalid` */
export function acmeAccount({ edge, ssh }: Configured): AcmeAccount | undefined {
  const acme = edge?.tls?.acme;
  if (!acme) return undefined;
  return acme.accountKey === undefined ? derivedAccount(ssh.hostKeySeed) : givenAccount(acme.accountKey);
}

/** What a host needs to ask an authority for certificates; absent where it does not. */
export function acmePayload(config: Configured, account: AcmeAccount | undefined): EdgePayload["acme"] {
  const acme = config.edge?.tls?.acme;
  if (!acme || !account) return undefined;
  const args: AcmeArgs = { ...acme, names: certificateNames(config), accountKey: account.key };
  return { settings: renewalSettings(args), program: renewalProgram() };
}
