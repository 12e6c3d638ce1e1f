import type { Deployment } from "../deployment/deployment.ts";
import type { Events } from "../events/events.ts";
import { engineHandlers } from "./engine-service.ts";
import { monitorHandlers, type RunInfo } from "./monitor.ts";
import { engineGrpc, grpc, resourceGrpc } from "./protobuf.ts";

/** Messages may be as large as with the real engine. */
const OPTIONS = { "grpc.max_receive_message_length": 400 << 20 };

/** The services a program talks to, listening. */
export interface EngineServer {
  readonly address: string;
  /** Errors the program has logged. */
  readonly errors: () => number;
  close(): void;
}

/** Starts both services on a free loopback port. */
export async function serve(deployment: Deployment, events: Events, info: RunInfo): Promise<EngineServer> {
  let errors = 0;
  const server = new grpc.Server(OPTIONS);
  const countError = () => {
    errors++;
  };
  server.addService(resourceGrpc.ResourceMonitorService, monitorHandlers(deployment, info));
  server.addService(engineGrpc.EngineService, engineHandlers(events, countError));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, errors: () => errors, close: () => server.forceShutdown() };
}
