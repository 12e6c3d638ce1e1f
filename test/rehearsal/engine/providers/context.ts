import type { Context } from "../../../../rehearsal/engine/providers/provider.ts";
import type { Props } from "../../../../rehearsal/engine/values/values.ts";

/** What a provider call is told in a test; what it says is kept in `said`. */
export function contextWith(config: Props, said: string[] = []): Context {
  return {
    urn: "urn:pulumi:dev::p::a:b:C::thing",
    name: "thing",
    config,
    log: (message) => said.push(message),
  };
}
