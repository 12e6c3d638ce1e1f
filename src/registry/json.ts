/** A JSON value, or `undefined` when the text is none. */
export function parseJson(text: Buffer | string | undefined): unknown {
  try {
    return JSON.parse(text?.toString() ?? "");
  } catch {
    return undefined;
  }
}
