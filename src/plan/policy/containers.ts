import type { Objection, PolicyFacts, ServiceFacts } from "./facts.ts";

const each = (
  { services }: PolicyFacts,
  objection: (service: ServiceFacts) => string | undefined,
): Objection[] =>
  services.flatMap((service) => {
    const message = objection(service);
    return message === undefined ? [] : [{ subject: service.name, message }];
  });

/** What a release pins is pinned by its form: what it does not is the compose file's. */
export const unpinnedImages = (facts: PolicyFacts): Objection[] =>
  each(facts, ({ stateful, image }) =>
    stateful && image !== undefined && !/@sha256:[0-9a-f]{64}$/.test(image)
      ? `its image ${image} is not pinned by digest; write ${image.replace(/@.*$/, "")}@sha256:…`
      : undefined,
  );

export const latestImages = (facts: PolicyFacts): Objection[] =>
  each(facts, ({ image }) =>
    /:latest(?:@|$)/.test(image ?? "") ? `its image is ${image}: latest is another one tomorrow` : undefined,
  );

/** Capabilities with which a container gets at its host. https://man7.org/linux/man-pages/man7/capabilities.7.html */
const mighty = [
  "ALL",
  "SYS_ADMIN",
  "SYS_MODULE",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "DAC_READ_SEARCH",
  "BPF",
  "NET_ADMIN",
];

export const privileged = (facts: PolicyFacts): Objection[] =>
  each(facts, (service) => {
    const capabilities = service.capabilities
      .map((name) => name.toUpperCase().replace(/^CAP_/, ""))
      .filter((name) => mighty.includes(name));
    if (service.privileged) return "is privileged: who breaks into it is root on the host";
    return capabilities.length > 0
      ? `has ${capabilities.join(", ")}: as good as root on the host`
      : undefined;
  });

export const hostNamespaces = (facts: PolicyFacts): Objection[] =>
  each(facts, ({ hostNamespaces: shared }) =>
    shared.length > 0
      ? `shares the host's ${shared.join(", ")}: nothing is between it and the host`
      : undefined,
  );

/** Sockets of container engines, and folders that have them. */
const sockets =
  /^(?:\/(?:var\/?)?|(?:\/var)?\/run\/?|.*\/(?:docker|containerd|podman|crio|buildkitd)\.sock)$/;

export const engineSockets = (facts: PolicyFacts): Objection[] =>
  each(facts, ({ binds }) => {
    const bad = binds.filter((path) => sockets.test(path));
    return bad.length > 0
      ? `mounts ${bad.join(", ")}: who breaks into it commands the host's engine`
      : undefined;
  });
