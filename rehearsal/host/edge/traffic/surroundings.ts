/** What requests are served with. */
import type { Duplex } from "node:stream";
import type { Loopback } from "../../engine/loopback.ts";
import type { Counters } from "../balance/counters.ts";
import type { Pool } from "../balance/pool.ts";
import type { Frontend } from "../config/model.ts";
import type { OwnAnswer } from "./answers.ts";

/** A frontend at work. */
export interface Entrance {
  frontend: Frontend;
  counters: Counters;
}

/** What a worker consists of. */
export interface Serving {
  /** By backend. */
  pools: ReadonlyMap<string, Pool>;
  entrances: readonly Entrance[];
}

export interface Surroundings {
  pools: ReadonlyMap<string, Pool>;
  loopback: Loopback;
  /** Aborted when the edge is killed. */
  killed: AbortSignal;
  /** Writes a line to the request log. */
  log(line: string): void;
  metrics(): OwnAnswer;
  /** Bytes since the last time it was asked about this connection. */
  measure(connection: Duplex): { bytesIn: number; bytesOut: number };
  /** Address of the client at the other end. */
  clientOf(connection: Duplex): string;
}
