/** Texts that are never shown, and the masking of them. */
export class Secrets {
  private readonly values = new Set<string>();

  /** Shorter ones would mask half of every text. */
  private static readonly shortest = 6;

  /** Adds every text found anywhere in the value, and its base64 form. */
  add(value: unknown): void {
    if (typeof value === "string") {
      for (const text of [value, ...value.split("\n")].map((t) => t.trim()))
        if (text.length >= Secrets.shortest && !text.startsWith("-----")) {
          this.values.add(text);
          this.values.add(Buffer.from(text).toString("base64"));
          this.values.add(encodeURIComponent(text));
        }
    } else if (typeof value === "object" && value !== null)
      for (const inner of Object.values(value)) this.add(inner);
  }

  /** The text with every known secret replaced by `[secret]`. */
  mask(text: string): string {
    let masked = text;
    for (const value of [...this.values].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(value, "[secret]");
    return masked;
  }
}
