import { z } from "zod";

/** An instant query's answer of one sample: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const answerSchema = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.tuple([z.object({ value: z.tuple([z.number(), z.coerce.number()]) })]),
  }),
});

/**
 * The one number that a query answers.
 * @param timeout milliseconds; default 5 s
 * @returns nothing when the server does not answer, or answers anything else than one sample
 */
export async function queryPrometheus(
  server: string,
  query: string,
  timeout = 5_000,
): Promise<number | undefined> {
  try {
    const url = new URL("api/v1/query", server.endsWith("/") ? server : `${server}/`);
    url.searchParams.set("query", query);
    const response = await fetch(url, { signal: AbortSignal.timeout(timeout), redirect: "error" });
    return answerSchema.parse(await response.json()).data.result[0].value[1];
  } catch {
    return undefined;
  }
}
