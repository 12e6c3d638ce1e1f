import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Delivered } from "./notifier.ts";

/** What was told already, in a file: one key a line. A line cut short by a crash is no key, so that it is told again. */
export function deliveredFile(file: string): Delivered {
  const keys = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
  return {
    has: (key) => keys().includes(key),
    add: (key) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // The line break comes first too: it ends a line that was cut short.
      appendFileSync(file, `\n${key}\n`, { mode: 0o600 });
    },
  };
}
