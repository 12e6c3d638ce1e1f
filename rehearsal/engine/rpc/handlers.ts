import type { handleUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { isAborted, messageOf } from "../failure.ts";
import { grpc } from "./protobuf.ts";

type Handle<Request, Response> = (request: Request) => Response | Promise<Response>;

async function answer<Request, Response>(
  handle: Handle<Request, Response>,
  request: Request,
  reply: sendUnaryData<Response>,
): Promise<void> {
  try {
    reply(null, await handle(request));
  } catch (error) {
    if (isAborted(error)) reply({ code: grpc.status.UNAVAILABLE, details: "resource monitor shut down" });
    else reply({ code: grpc.status.UNKNOWN, details: messageOf(error) });
  }
}

/**
 * A handler of one call. A failure that is already reported is answered with UNAVAILABLE, which the SDK takes to mean
 * "stop quietly"; any other with its text.
 */
export function unary<Request, Response>(
  handle: Handle<Request, Response>,
): handleUnaryCall<Request, Response> {
  return (call, reply) => void answer(handle, call.request, reply);
}
