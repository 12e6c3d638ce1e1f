import type { Reason } from "../../../src/plan/promotion.ts";
import { asFailure } from "../../../src/release/failure.ts";

/** An example of a failure: made by the code that raises it, or written down and held against that code's texts. */
export type Example = { by: "code"; reason: () => Reason | undefined } | { by: "hand"; reason: Reason };

/** Of a reason, a finding or a failure, what people are told. */
function told(value: unknown): Reason | undefined {
  if (value === undefined) return undefined;
  const { code, message, hint } = value as Reason;
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** What a part of the product says, by running it: it returns a reason, or throws. */
export const said = (act: () => unknown): Example => ({
  by: "code",
  reason() {
    try {
      return told(act());
    } catch (thrown) {
      return told(asFailure(thrown));
    }
  },
});

/** What an edge says, which cannot be run here without a registry, a host or an engine. */
export const written = (reason: Reason): Example => ({ by: "hand", reason });
