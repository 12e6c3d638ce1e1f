import type { Options } from "../options.ts";
import { TortureFailure } from "../workers.ts";
export async function runReal(_: Options): Promise<number> {
  throw new TortureFailure("not there yet");
}
