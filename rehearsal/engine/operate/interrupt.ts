/** Listens for the signals that ask a run to stop: the first asks politely, the second ends the process at once. */
export function onInterrupt(polite: () => void, atOnce: () => void): () => void {
  let asked = false;
  const listener = () => {
    if (asked) {
      atOnce();
      process.exit(1);
    }
    asked = true;
    polite();
  };
  process.on("SIGINT", listener).on("SIGTERM", listener);
  return () => void process.off("SIGINT", listener).off("SIGTERM", listener);
}
