/** Who came over SSH, read from the lines that sshd writes (LogLevel VERBOSE). */

export interface Sessions {
  /** Connections that were opened, whether or not anybody logged in. */
  connections: number;
  /** Connections that logged in. */
  logins: number;
  /** Commands that were run. */
  execs: number;
}

const count = (log: string, pattern: RegExp) => log.match(pattern)?.length ?? 0;

/** Counts in a host's log of sshd. */
export function countSessions(log: string): Sessions {
  return {
    connections: count(log, / sshd[\w-]*\[\d+\]: Connection from /g),
    logins: count(log, / sshd[\w-]*\[\d+\]: Accepted publickey for /g),
    execs: count(log, / sshd[\w-]*\[\d+\]: Starting session: command /g),
  };
}
