import { stringify } from "yaml";
import type { KeyPair } from "./hostKeys.ts";

export interface CloudInitOptions {
  hostName: string;
  hostKey: KeyPair;
  /** Deploying user, made with access to the container engine and nothing else. */
  user: string;
  /** Public key of the deploying user. */
  authorizedKey: string;
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

const daemon = {
  "live-restore": true,
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" },
};

/**
 * User data of a droplet: installs the container engine and hardens SSH. A changed user_data would replace the droplet,
 * so only what never changes belongs here; everything else is deployed.
 */
export function cloudInit(o: CloudInitOptions): string {
  const document = {
    hostname: o.hostName,
    ssh_deletekeys: true,
    ssh_genkeytypes: [],
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
        content: `${JSON.stringify(daemon, null, 2)}\n`,
      },
    ],
    package_update: true,
    packages: ["iptables", "docker.io", "docker-cli", "docker-compose", "unattended-upgrades"],
    runcmd: [
      ["systemctl", "reload-or-restart", "ssh"],
      ["systemctl", "enable", "--now", "docker"],
      ["systemctl", "enable", "--now", "liftlock-metadata"],
    ],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}
