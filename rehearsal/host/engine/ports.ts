/** Ports of containers that are published on a host's addresses. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { ServiceProcess } from "../service/service-process.ts";
import { type Loopback, PortTaken } from "./loopback.ts";

/** Port `containerPort` of a container, reachable as `hostPort` on `hostAddress` (empty: on every address). */
export interface PortBinding {
  hostAddress: string;
  hostPort: number;
  containerPort: number;
}

/** Why a port cannot be published, in the engine's words. */
export class PortRefused extends Error {
  override name = "PortRefused";
}

/** Finds what listens in the container right now. */
export type Backend = () => ServiceProcess | undefined;

interface Publication {
  binding: PortBinding;
  backend: Backend;
  servers: Map<string, Server>;
  /** Closes the port on the host's loopback. */
  closeInside: () => void;
}

/** The published ports of one host. Each is an HTTP server, whatever the container serves. */
export class PublishedPorts {
  /** Addresses of the host: its own, then reserved ones. */
  private readonly addresses: Set<string>;
  private readonly loopback: Loopback;
  private readonly publications = new Set<Publication>();

  constructor(addresses: Iterable<string>, loopback: Loopback) {
    this.addresses = new Set(addresses);
    this.loopback = loopback;
  }

  /** What is published now. */
  get bindings(): readonly PortBinding[] {
    return [...this.publications].map(({ binding }) => binding);
  }

  /** Publishes all or none. @throws PortRefused */
  async publish(bindings: readonly PortBinding[], backend: Backend): Promise<() => void> {
    const added: Publication[] = [];
    const withdraw = () => {
      for (const publication of added) this.withdraw(publication);
    };
    for (const binding of bindings) {
      try {
        this.verifyFree(binding);
        const servers = new Map<string, Server>();
        const publication: Publication = { binding, backend, servers, closeInside: () => {} };
        this.publications.add(publication);
        added.push(publication);
        if (reachableInside(binding.hostAddress)) this.openInside(publication);
        for (const address of this.listenOn(binding)) await this.open(publication, address);
      } catch (cause) {
        withdraw();
        throw cause;
      }
    }
    return withdraw;
  }

  /** Serves everything that is published on all addresses on one more. */
  async addAddress(address: string): Promise<void> {
    this.addresses.add(address);
    for (const publication of this.publications) {
      if (this.listenOn(publication.binding).includes(address)) await this.open(publication, address);
    }
  }

  removeAddress(address: string): void {
    this.addresses.delete(address);
    for (const { servers } of this.publications) {
      closeNow(servers.get(address));
      servers.delete(address);
    }
  }

  private verifyFree({ hostAddress, hostPort }: PortBinding): void {
    const taken = [...this.publications].some(
      ({ binding }) =>
        binding.hostPort === hostPort &&
        (everywhere(binding.hostAddress) || everywhere(hostAddress) || binding.hostAddress === hostAddress),
    );
    if (taken)
      throw new PortRefused(`Bind for ${shown(hostAddress)}:${hostPort} failed: port is already allocated`);
    if (!everywhere(hostAddress) && !this.addresses.has(hostAddress) && !onlyInside(hostAddress)) {
      throw new PortRefused(`listen tcp4 ${hostAddress}:${hostPort}: bind: cannot assign requested address`);
    }
  }

  private listenOn({ hostAddress }: PortBinding): string[] {
    if (everywhere(hostAddress)) return [...this.addresses];
    return this.addresses.has(hostAddress) ? [hostAddress] : [];
  }

  private withdraw(publication: Publication): void {
    this.publications.delete(publication);
    for (const server of publication.servers.values()) closeNow(server);
    publication.servers.clear();
    publication.closeInside();
  }

  private openInside(publication: Publication): void {
    const { hostAddress, hostPort } = publication.binding;
    const server = serverOf(publication);
    const connections = new Set<Duplex>();
    const accept = (connection: Duplex) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
      server.emit("connection", connection);
    };
    try {
      const close = this.loopback.listen(hostPort, accept);
      publication.closeInside = () => {
        close();
        for (const connection of connections) connection.destroy();
      };
    } catch (cause) {
      if (!(cause instanceof PortTaken)) throw cause;
      throw new PortRefused(`Bind for ${shown(hostAddress)}:${hostPort} failed: port is already allocated`, {
        cause,
      });
    }
  }

  private open(publication: Publication, address: string): Promise<void> {
    const { hostPort } = publication.binding;
    const server = serverOf(publication);
    publication.servers.set(address, server);
    return new Promise((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(refusal(cause, address, hostPort)));
      server.listen({ host: address, port: hostPort }, resolve);
    });
  }
}

function serverOf({ backend, binding }: Publication): Server {
  return createServer((request, response) => {
    void serve(backend(), binding.containerPort, request, response);
  });
}

/** A port on which nothing listens in the container: the connection is reset, as by Docker's proxy. */
async function serve(
  process: ServiceProcess | undefined,
  containerPort: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  if (!process?.listensOn(containerPort)) {
    request.socket.destroy();
    return;
  }
  const method = request.method ?? "GET";
  const { status, type, body } = await process.handle({ method, path: pathOf(request.url ?? "/") });
  response.writeHead(status, { "content-type": type, "content-length": body.length });
  response.end(method === "HEAD" ? undefined : body);
}

function pathOf(url: string): string {
  return url.replace(/[?#].*$/s, "");
}

function refusal(cause: NodeJS.ErrnoException, address: string, port: number): PortRefused {
  if (cause.code === "EADDRINUSE") {
    return new PortRefused(`Bind for ${address}:${port} failed: port is already allocated`, { cause });
  }
  const reason =
    cause.code === "EACCES"
      ? "permission denied (simulated hosts run without root: publish a port from 1024 on)"
      : cause.message;
  return new PortRefused(`listen tcp4 ${address}:${port}: bind: ${reason}`, { cause });
}

function closeNow(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}

function everywhere(address: string): boolean {
  return address === "" || address === "0.0.0.0" || address === "::";
}

function shown(address: string): string {
  return address === "" ? "0.0.0.0" : address;
}

/** Addresses whose ports the host's own loopback reaches. */
function reachableInside(address: string): boolean {
  return everywhere(address) || address === "127.0.0.1";
}

/**
 * Addresses that a droplet has besides the ones of the simulated host: its loopback, which only the host itself
 * reaches, and its private network, where a port is taken, but nothing can connect to it.
 */
function onlyInside(address: string): boolean {
  return isIP(address) === 4 && /^(127\.0\.0\.1$|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
}
