/** What an action gives; nothing when it fails, or when the time is over before it has ended, whatever it does then. */
export async function attempt<T>(
  action: () => T | Promise<T>,
  signal: AbortSignal,
): Promise<{ value: T } | undefined> {
  if (signal.aborted) return undefined;
  const over = Promise.withResolvers<undefined>();
  const stop = () => over.resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const acting = Promise.resolve()
      .then(action)
      .then((value) => ({ value }));
    return await Promise.race([acting, over.promise]);
  } catch {
    return undefined;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
