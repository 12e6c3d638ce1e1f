import { appendFileSync } from "node:fs";
import type { EventSink } from "./events.ts";

/** A file of JSON lines. */
function fileSink(file: string): EventSink {
  return { write: (text) => appendFileSync(file, `${text}\n`), close: async () => undefined };
}

/** The stream the Automation API listens on. Its end is awaited, or the summary would be lost. */
async function streamSink(address: string): Promise<EventSink> {
  const { grpc, eventsGrpc, eventsPb } = await import("../rpc/protobuf.ts");
  const client = new eventsGrpc.EventsClient(address, grpc.credentials.createInsecure());
  const ended = Promise.withResolvers<void>();
  const stream = client.streamEvents(() => ended.resolve());
  stream.on("error", () => ended.resolve());
  return {
    write: (text) => void stream.write(new eventsPb.EventRequest().setEvent(text)),
    close: async () => {
      stream.end();
      await ended.promise;
      client.close();
    },
  };
}

/** Where `--event-log` points: a file, or `tcp://host:port` of a listener. */
export async function openSink(log: string | undefined): Promise<EventSink | undefined> {
  if (!log) return undefined;
  return log.startsWith("tcp://") ? streamSink(log.slice("tcp://".length)) : fileSink(log);
}
