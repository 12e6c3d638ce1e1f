import { entriesOf, type JournalText, verifyChain } from "./chain.ts";
import type { Entry } from "./entry.ts";
import { demandIntact, tooNew } from "./refusals.ts";

/**
 * All entries of a journal that is intact.
 * @param place file or table, for messages
 * @throws Failure `LedgerCorrupted`; `LedgerUnavailable` when a newer version wrote into it
 */
export function provenEntries(text: JournalText, place: string): Entry[] {
  demandIntact(verifyChain(text), place);
  const { entries, newer } = entriesOf(text);
  if (newer > 0) throw tooNew(place);
  return entries;
}
