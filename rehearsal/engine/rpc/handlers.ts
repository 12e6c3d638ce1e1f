import type { handleUnaryCall } from "@grpc/grpc-js";
import { EngineError, isAborted, messageOf } from "../failure.ts";
import { grpc } from "./protobuf.ts";

/**
 * A handler of one call. A failure that is already reported is answered with UNAVAILABLE, which the SDK takes to mean
 * "stop quietly"; any other with its text.
 */
export function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (isAborted(error))
            callback({ code: grpc.status.UNAVAILABLE, details: "resource monitor shut down" });
          else callback({ code: grpc.status.UNKNOWN, details: messageOf(error) });
        },
      );
  };
}

/** Errors of the engine itself, as opposed to faults in it. */
export const isExpected = (error: unknown): boolean => error instanceof EngineError;
