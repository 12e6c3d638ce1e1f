import type { Reason } from "../../../src/plan/promotion.ts";
import { asFailure } from "../../../src/release/failure.ts";

/** An example of a failure: made by the code that raises it, or written down and held against that code's texts. */
export type Example = { by: "code"; reason: () => Reason | undefined } | { by: "hand"; reason: Reason };

/** What a part of the product says, by running it: it returns a reason, or throws. */
export const said = (act: () => unknown): Example => ({
  by: "code",
  reason() {
    try {
      const value = act();
      return value as Reason | undefined;
    } catch (thrown) {
      const { code, message, hint } = asFailure(thrown);
      return { code, message, ...(hint !== undefined && { hint }) };
    }
  },
});

/** What an edge says, which cannot be run here without a registry, a host or an engine. */
export const written = (reason: Reason): Example => ({ by: "hand", reason });
