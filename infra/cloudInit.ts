import { stringify } from "yaml";
import type { KeyPair } from "./hostKeys.ts";

export interface CloudInitOptions {
  hostName: string;
  hostKey: KeyPair;
  /** Deploying user, made with access to the container engine and nothing else. */
  user: string;
  /** Public key of the deploying user. */
  authorizedKey: string;
  /** First configuration of the edge and its page, until a release brings its own; absent: the host has no edge yet. */
  edge?: { configuration: string; page: string } | undefined;
  /** The engine is to take part in a cluster. */
  cluster?: boolean | undefined;
}

const sshd = `PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowAgentForwarding no
AllowTcpForwarding no
X11Forwarding no
MaxAuthTries 3
`;

/** User data holds the host key: containers must not read it from the metadata service, after a reboot neither. */
const metadataGuard = `[Unit]
Description=Keep containers from the metadata service
After=docker.service
Requires=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables -I DOCKER-USER -d 169.254.169.254 -j REJECT
ExecStop=/usr/sbin/iptables -D DOCKER-USER -d 169.254.169.254 -j REJECT

[Install]
WantedBy=docker.service
`;

/** The edge runs as the deploying user, who can give it a new configuration without being root. */
const edgeService = (user: string, home: string) => `[Unit]
Description=Edge: takes requests and hands them to the release that serves
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=${user}
AmbientCapabilities=CAP_NET_BIND_SERVICE
RuntimeDirectory=liftlock-edge
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ExecStartPre=/usr/bin/touch ${home}/servers
ExecStart=/usr/sbin/haproxy -Ws -f ${home}/haproxy.cfg -S /run/liftlock-edge/master.sock
StandardOutput=append:${home}/requests.log
StandardError=journal
KillMode=mixed
Restart=always
RestartSec=1
LimitNOFILE=200000

[Install]
WantedBy=multi-user.target
`;

/** Started as soon as there is a configuration. */
const edgePath = (home: string) => `[Unit]
Description=Configuration of the edge

[Path]
PathExists=${home}/haproxy.cfg

[Install]
WantedBy=multi-user.target
`;

/** The deploying user's, whose schedule and program are deployed: what is due is decided there. */
const backupService = (user: string, base: string) => `[Unit]
Description=Backups that are due
After=docker.service network-online.target
Wants=network-online.target
ConditionPathExistsGlob=${base}/*/backup/run

[Service]
Type=oneshot
User=${user}
ExecStart=/bin/sh -c 'for run in ${base}/*/backup/run; do "$$run" scheduled; done'
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=6h
`;

const backupTimer = `[Unit]
Description=Looks whether a backup is due

[Timer]
OnCalendar=*:0/10
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
`;

/**
 * Looks once an hour whether the edge's certificate is due, and asks the authority only then. The deployment brings the program, so that a host
 * without such certificates has nothing to do, and can have them later.
 */
const certificatesService = (user: string, home: string) => `[Unit]
Description=Certificate of the edge
After=network-online.target
Wants=network-online.target
ConditionPathExists=${home}/acme/renew.sh

[Service]
Type=oneshot
User=${user}
ExecStart=/bin/sh ${home}/acme/renew.sh
TimeoutStartSec=900
`;

const certificatesTimer = `[Unit]
Description=Certificate of the edge, once an hour

[Timer]
OnCalendar=hourly
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
`;

const logRotation = (home: string) => `${home}/requests.log {
  daily
  maxsize 200M
  rotate 7
  compress
  copytruncate
  missingok
  notifempty
  su root root
}
`;

/** Engines refuse to take part in a cluster with `live-restore`: who stops one stops what runs there, and the cluster starts it elsewhere. */
const daemon = (cluster: boolean) => ({
  ...(!cluster && { "live-restore": true }),
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" },
});

/**
 * User data of a droplet: installs the container engine and hardens SSH. A changed user_data would replace the droplet,
 * so only what never changes belongs here; everything else is deployed.
 */
export function cloudInit(o: CloudInitOptions): string {
  const base = `/home/${o.user}/liftlock`;
  const home = `${base}/edge`;
  const first = o.edge && {
    // Nothing runs yet: everybody gets the page.
    "haproxy.cfg": o.edge.configuration.replaceAll("@home@", home).replaceAll(/@(?:blue|green)@/g, "0"),
    "maintenance.html": o.edge.page,
  };
  const document = {
    hostname: o.hostName,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: o.hostKey.privateKey, ed25519_public: o.hostKey.publicKey },
    groups: ["docker"],
    users: [
      {
        name: o.user,
        groups: ["docker"],
        shell: "/bin/bash",
        lock_passwd: true,
        ssh_authorized_keys: [o.authorizedKey],
      },
    ],
    write_files: [
      { path: "/etc/ssh/sshd_config.d/10-liftlock.conf", permissions: "0644", content: sshd },
      {
        path: "/etc/systemd/system/liftlock-metadata.service",
        permissions: "0644",
        content: metadataGuard,
      },
      {
        path: "/etc/docker/daemon.json",
        permissions: "0644",
        content: `${JSON.stringify(daemon(o.cluster ?? false), null, 2)}\n`,
      },
      {
        path: "/etc/systemd/system/liftlock-edge.service",
        permissions: "0644",
        content: edgeService(o.user, home),
      },
      { path: "/etc/systemd/system/liftlock-edge.path", permissions: "0644", content: edgePath(home) },
      {
        path: "/etc/systemd/system/liftlock-backup.service",
        permissions: "0644",
        content: backupService(o.user, base),
      },
      { path: "/etc/systemd/system/liftlock-backup.timer", permissions: "0644", content: backupTimer },
      {
        path: "/etc/systemd/system/liftlock-certificates.service",
        permissions: "0644",
        content: certificatesService(o.user, home),
      },
      {
        path: "/etc/systemd/system/liftlock-certificates.timer",
        permissions: "0644",
        content: certificatesTimer,
      },
      { path: "/etc/logrotate.d/liftlock-edge", permissions: "0644", content: logRotation(home) },
      ...Object.entries(first ?? {}).map(([name, content]) => ({
        path: `${home}/${name}`,
        permissions: "0600",
        content,
        defer: true,
      })),
    ],
    package_update: true,
    packages: [
      "iptables",
      "docker.io",
      "docker-cli",
      "docker-compose",
      "haproxy",
      "socat",
      "curl",
      "openssl",
      "dehydrated",
      "logrotate",
      "restic",
      "unattended-upgrades",
    ],
    runcmd: [
      ["systemctl", "disable", "--now", "haproxy"],
      ["install", "-d", "-m", "0700", base, home],
      ["chown", "-R", `${o.user}:${o.user}`, base],
      ["systemctl", "reload-or-restart", "ssh"],
      ["systemctl", "enable", "--now", "docker"],
      ["systemctl", "enable", "--now", "liftlock-metadata"],
      ["systemctl", "enable", "--now", "liftlock-edge.path"],
      ["systemctl", "enable", "--now", "liftlock-certificates.timer"],
      ["systemctl", "enable", "--now", "liftlock-backup.timer"],
    ],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}
