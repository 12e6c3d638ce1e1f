/** Distinguished Encoding Rules (ITU-T X.690), as far as certificates need them. */

const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, Math.floor(size / 256), size % 256];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

export const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, ...parts);
export const setOf = (...parts: readonly Uint8Array[]) => tagged(0x31, ...parts);
export const octets = (content: Uint8Array) => tagged(0x04, content);
export const text = (content: string) => tagged(0x0c, Buffer.from(content));
export const yes = () => tagged(0x01, Buffer.from([0xff]));

/** A whole number that is not negative, from its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first === -1 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
  // A set first bit would make it negative.
  return tagged(0x02, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short);
}

/** Bits, of which the last `unused` are none. */
export const bits = (content: Uint8Array, unused = 0) => tagged(0x03, Buffer.from([unused]), content);

/** Of explicit context tag `number`. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]) => tagged(0xa0 + number, ...parts);

/** Of implicit, primitive context tag `number`. */
export const implicit = (number: number, content: Uint8Array) => tagged(0x80 + number, content);

/** `YYYYMMDDHHMMSSZ`, which RFC 5280 wants from 2050 on and every reader takes before. */
export const time = (at: Date) =>
  at.getUTCFullYear() < 2050
    ? tagged(
        0x17,
        Buffer.from(
          `${at
            .toISOString()
            .replace(/[-:T]|\.\d+/g, "")
            .slice(2)}`,
        ),
      )
    : tagged(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, "")));

/** An object identifier, from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const base128 = (value: number): number[] => {
    const bytes = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      bytes.unshift((left % 128) + 128);
    return bytes;
  };
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}
