/** A command that is refused; the text is haproxy's. */
export class CommandRefused extends Error {
  override name = "CommandRefused";
}
