const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/** A pattern over the whole text: `*` stands for any part without `/`, `**` for anything; everything else for itself. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? "[^]*" : part === "*" ? "[^/]*" : escaped(part)))
    .join("");
  return new RegExp(`^${source}$`).test(text);
}
