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

  /** The value with every text in it masked; what is not JSON stays as it is. */
  maskAll<T>(value: T): T {
    if (typeof value === "string") return this.mask(value) as T;
    if (Array.isArray(value)) return value.map((inner: unknown) => this.maskAll(inner)) as T;
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
      return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]: [string, unknown]) => [key, this.maskAll(inner)]),
    ) as T;
  }

  /** The text with every known secret replaced by `[secret]`. */
  mask(text: string): string {
    let masked = text;
    for (const value of [...this.values].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(value, "[secret]");
    return masked;
  }
}
