declare const proven: unique symbol;

/** `sha256:` and 64 lower-case hexadecimal digits. Narrowed by `isDigest` only. */
export type Digest = string & { readonly [proven]: "digest" };

const pattern = /^sha256:[0-9a-f]{64}$/;

/** True for a well-formed sha256 digest. */
export const isDigest = (text: string): text is Digest => pattern.test(text);

/** The first twelve digits, as people compare digests. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);
