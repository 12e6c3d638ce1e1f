/** An imitation of DigitalOcean's API in which droplets are hosts that really boot; see SPEC.md. */
import { randomUUID } from "node:crypto";
import type { Faults } from "../faults/faults.ts";
import type { HostPlatform } from "../host/platform.ts";
import { type Answer, type Handler, Refusal, type Request } from "../http/exchange.ts";
import type { RequestLog } from "../http/request-log.ts";
import { Router } from "../http/router.ts";
import { startHttp } from "../http/server.ts";
import { addActions } from "./actions.ts";
import { errorBody, refuse } from "./api.ts";
import { addCatalogue } from "./catalogue.ts";
import { Cloud } from "./cloud.ts";
import { addDomains } from "./domains.ts";
import { addDroplets } from "./droplets.ts";
import { addFirewalls } from "./firewalls.ts";
import { addLoadBalancers } from "./load-balancers.ts";
import { addMonitorAlerts } from "./monitor-alerts.ts";
import { addProjects } from "./projects.ts";
import { RateLimit } from "./rate-limit.ts";
import { addReservedIps } from "./reserved-ips.ts";
import { addSshKeys } from "./ssh-keys.ts";
import { addTags } from "./tags.ts";
import { addUptime } from "./uptime.ts";
import { addVolumes } from "./volumes.ts";

export interface DigitalOceanOptions {
  /** The only bearer token that is let in. */
  token: string;
  /** What runs the droplets. */
  platform: HostPlatform;
  faults: Faults;
  /** Loopback address; default `127.0.0.1`. */
  address?: string;
  /** Default 0: any free port. */
  port?: number;
  /** How long every action takes at least; default 0: as long as the platform needs. */
  paceMilliseconds?: number;
  /** How many droplets the account may have; default 25. */
  dropletLimit?: number;
  /** How many milliseconds a second of load balancers' health checks takes; default 1000. Less lets rehearsals hurry. */
  checkSecondMilliseconds?: number;
  /** Requests an hour before 429; default 5000, as on the real service. */
  hourlyLimit?: number;
}

export interface DigitalOcean {
  /** What `DIGITALOCEAN_API_URL` is set to: `http://address:port`, without `/v2`. */
  url: string;
  requests: RequestLog;
  /** The account's contents, for tests to look at. */
  state: Cloud;
  /** Stops answering and balancing. Hosts stay as they are: they are the platform's. */
  close(): Promise<void>;
}

function routes(cloud: Cloud): Router {
  const router = new Router();
  const parts = [
    addSshKeys,
    addDroplets,
    addActions,
    addTags,
    addFirewalls,
    addReservedIps,
    addDomains,
    addProjects,
    addVolumes,
    addUptime,
    addMonitorAlerts,
    addLoadBalancers,
  ];
  for (const add of parts) add(router, cloud);
  addCatalogue(router);
  return router;
}

/** Starts the imitation; rejects with Node's error when the address cannot be listened on. */
export async function startDigitalOcean(options: DigitalOceanOptions): Promise<DigitalOcean> {
  const { platform, paceMilliseconds = 0, dropletLimit = 25, hourlyLimit = 5000 } = options;
  const { checkSecondMilliseconds = 1000 } = options;
  const cloud = new Cloud({ platform, paceMilliseconds, dropletLimit, checkSecondMilliseconds });
  const limit = new RateLimit(hourlyLimit);
  const admit = (request: Request, next: Handler): Answer | Promise<Answer> => {
    if (request.headers.authorization !== `Bearer ${options.token}`) {
      throw refuse(401, "Unable to authenticate you");
    }
    limit.count();
    return next(request);
  };
  const around = async (request: Request, next: Handler): Promise<Answer> => {
    const about = () => ({ ...limit.headers(), "x-request-id": randomUUID() });
    try {
      const answer = await admit(request, next);
      return { ...answer, headers: { ...about(), ...answer.headers } };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      throw new Refusal({ ...thrown.answer, headers: { ...about(), ...thrown.answer.headers } });
    }
  };
  const server = await startHttp({
    part: "digitalocean",
    faults: options.faults,
    router: routes(cloud),
    errorBody,
    around,
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const close = async () => {
    await server.close();
    await Promise.all([...cloud.loadBalancers.values()].map(({ balancer }) => balancer.close()));
  };
  return { url: server.url, requests: server.requests, state: cloud, close };
}
