import { expect, test } from "vitest";
import { countSessions } from "../../../../rehearsal/host/container/sessions.ts";

/** As OpenSSH 10.0 writes them, by way of rsyslog. */
const log = `2026-11-21T15:40:43.214819+00:00 d1 sshd[123]: Server listening on 0.0.0.0 port 22.
2026-11-21T15:40:43.214837+00:00 d1 sshd-session[130]: Connection from 10.99.7.1 port 54728 on 10.99.7.50 port 22 rdomain ""
2026-11-21T15:40:43.361993+00:00 d1 sshd-session[130]: Accepted key ED25519 SHA256:4FeC found at /home/liftlock/.ssh/authorized_keys:1
2026-11-21T15:40:43.366284+00:00 d1 sshd-session[130]: Postponed publickey for liftlock from 10.99.7.1 port 54728 ssh2 [preauth]
2026-11-21T15:40:43.400455+00:00 d1 sshd-session[130]: Accepted publickey for liftlock from 10.99.7.1 port 54728 ssh2: ED25519 SHA256:4FeC
2026-11-21T15:40:43.439182+00:00 d1 sshd-session[130]: User child is on pid 173
2026-11-21T15:40:43.442311+00:00 d1 sshd-session[173]: Starting session: command for liftlock from 10.99.7.1 port 54728 id 0
2026-11-21T15:40:43.442312+00:00 d1 sshd-session[173]: Starting session: command for liftlock from 10.99.7.1 port 54728 id 1
2026-11-21T15:40:43.470003+00:00 d1 sshd-session[173]: Disconnected from user liftlock 10.99.7.1 port 54728
2026-11-21T15:40:44.488505+00:00 d1 sshd-session[175]: Connection from 10.99.7.1 port 54730 on 10.99.7.50 port 22 rdomain ""
2026-11-21T15:40:44.488506+00:00 d1 sshd-session[175]: Connection closed by 10.99.7.1 port 54730 [preauth]
`;

test("sessions are counted from sshd's lines", () =>
  expect(countSessions(log)).toEqual({ connections: 2, logins: 1, execs: 2 }));

test("a host that wrote nothing had none", () =>
  expect(countSessions("")).toEqual({ connections: 0, logins: 0, execs: 0 }));
