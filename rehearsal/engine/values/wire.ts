import { unsupported } from "../failure.ts";
import {
  isObject,
  mapLeaves,
  mapProps,
  type Props,
  plain,
  SECRET_MARK,
  SIGNATURE,
  secret,
  UNKNOWN,
} from "./values.ts";

const OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET_MARK = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE_MARK = "0def7320c3a5731c473e5ecbe6d01bc7";

function received(value: unknown): unknown {
  return mapLeaves(value, (leaf) => {
    if (!isObject(leaf)) return leaf;
    switch (leaf[SIGNATURE]) {
      case ASSET_MARK:
      case ARCHIVE_MARK:
        throw unsupported("an asset or archive among a resource's properties");
      case SECRET_MARK:
        return secret(plain(received(leaf.value)));
      case OUTPUT_MARK: {
        const inner = leaf.value === undefined ? UNKNOWN : received(leaf.value);
        return leaf.secret === true ? secret(plain(inner)) : inner;
      }
      default:
        return leaf;
    }
  });
}

/** What the SDK sent: output values become their value, marked unknown or secret. Throws `unsupported` for assets. */
export function fromWire(props: Props): Props {
  return received({ ...props }) as Props;
}

/** What may be sent: a protobuf Struct knows no `undefined`. */
export function toWire(props: Props): Props {
  return mapProps(props, (leaf) => leaf ?? null);
}
