import { z } from "zod";
import { service } from "./values.ts";

export const runtime = z
  .strictObject({
    /** `compose`: each host runs the whole application. `swarm`: the hosts' engines make a cluster that places its services. */
    type: z.enum(["compose", "swarm"]).default("compose"),
    /** Hosts that manage the cluster, counted from the first; an odd number. */
    managers: z.int().min(1).max(7).default(1),
    /** How services of a cluster are found: by an address of their own (`vip`, needs IPVS in the hosts' kernel), or by those of their tasks (`dnsrr`). */
    endpoint: z.enum(["vip", "dnsrr"]).default("vip"),
    /** Services of a cluster of which only one may run at a time, such as a scheduler. */
    once: z.array(service).default([]),
  })
  .prefault({});

export const rollout = z
  .strictObject({
    /** Rises with every attempt; a host refuses one that is older than the last it ran. */
    attempt: z.int().min(0).default(0),
    /** On the way back no migrations run. */
    mode: z.enum(["forward", "revert"]).default("forward"),
    /** Per cent of the hosts that have the candidate, counted from the first. */
    hosts: z.int().min(1).max(100).default(100),
    /** Per cent of the requests that it gets there. */
    traffic: z.int().min(1).max(100).default(100),
  })
  .prefault({});
