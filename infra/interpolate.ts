/**
 * A compose file's text with its variables put in: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `$NAME`.
 * @returns `undefined` where a value is not known, such as a secret's
 */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string | undefined {
  let known = true;
  const result = text.replace(
    /\$\{([A-Za-z_]\w*)(?::?[-?+]([^}]*))?\}|\$([A-Za-z_]\w*)/g,
    (whole: string, braced: string | undefined, fallback: string | undefined, plain: string | undefined) => {
      const value = values[braced ?? plain ?? ""] ?? (/:?-/.test(whole) ? fallback : undefined);
      known &&= value !== undefined;
      return value ?? "";
    },
  );
  return known ? result : undefined;
}
