/** What may not be seen in a log: secrets, tokens and what a step asked to be masked, in the forms in which the runner looks for them too. */
export class Masks {
  private readonly hidden = new Set<string>();

  /** Hides a value from now on: as it is, line by line, and as it looks in JSON, in addresses and in base64. */
  add(value: string): void {
    if (value.trim() === "") return;
    for (const part of [value, ...value.split(/\r?\n/)]) {
      const trimmed = part.trim();
      if (trimmed === "") continue;
      for (const form of [
        part,
        trimmed,
        JSON.stringify(trimmed).slice(1, -1),
        encodeURIComponent(trimmed),
        Buffer.from(trimmed).toString("base64"),
      ])
        this.hidden.add(form);
    }
  }

  /** A text with `***` for everything that is hidden. */
  apply(text: string): string {
    let masked = text;
    // The longest first: a part of a secret must not keep the rest of it from being found.
    for (const value of [...this.hidden].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(value, "***");
    return masked;
  }
}
