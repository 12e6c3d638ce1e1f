/** What a host's root file system is made of: a Debian as a droplet's, with what cloud-init would install there already installed. */
import { createHash } from "node:crypto";

export const suite = "trixie";

export const mirrors = [
  `deb http://deb.debian.org/debian ${suite} main`,
  `deb http://deb.debian.org/debian-security ${suite}-security main`,
];

/** On the droplet's image from the start. */
const ofTheImage = [
  "ca-certificates",
  "cloud-init",
  "dbus",
  "iproute2",
  "logrotate",
  "openssh-server",
  "procps",
  "rsyslog",
  "sudo",
  "systemd",
  "systemd-sysv",
];

/** Installed by user data on a droplet. Hosts here have no network to fetch them from. */
const ofUserData = [
  "curl",
  "dehydrated",
  "docker-cli",
  "docker-compose",
  "docker.io",
  "haproxy",
  "iptables",
  "openssl",
  "restic",
  "socat",
  "unattended-upgrades",
];

/** For the rehearsal itself: the example images' only program, and what changes a host's network from outside. */
const ofTheRehearsal = ["busybox-static", "python3-minimal"];

export const packages = [...ofTheImage, ...ofUserData, ...ofTheRehearsal].toSorted();

/** Where sshd's lines also go, so that they can be read from outside. */
export const logFolder = "/var/log/rehearsal";
export const sshdLog = "sshd.log";

/** Files that are put into it. */
export const files = [
  {
    path: "etc/cloud/cloud.cfg.d/90-rehearsal.cfg",
    content: `# User data comes from a folder, the network from outside; root may log in with the account's keys, as on a droplet.
datasource_list: [NoCloud, None]
network: {config: disabled}
disable_root: false
`,
  },
  {
    path: "etc/rsyslog.d/90-rehearsal.conf",
    content: `# Read from outside: who logged in, and what was run.
:programname, startswith, "sshd" ${logFolder}/${sshdLog}
`,
  },
  { path: "etc/ssh/sshd_config.d/90-rehearsal.conf", content: "LogLevel VERBOSE\n" },
];

/** Shell commands, run when everything is installed; `$1` is the root. */
export const finishing = [
  // Nothing can be fetched: an update of the package lists succeeds at once.
  'rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
  'chroot "$1" systemctl disable apt-daily.timer apt-daily-upgrade.timer fstrim.timer dpkg-db-backup.timer',
  // Every host has keys and a number of its own.
  'rm -f "$1"/etc/ssh/ssh_host_*',
  ': >"$1"/etc/machine-id',
  `mkdir -p "$1"${logFolder}`,
  // Caches were made when the packages were installed; a first boot need not make them again.
  'touch "$1"/etc/.updated "$1"/var/.updated',
];

/** Nobody reads them on a host of a rehearsal. */
export const excluded = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*"];

/** Names the recipe: another recipe is another root file system. 16 hexadecimal digits. */
export const recipeId = createHash("sha256")
  .update(JSON.stringify({ suite, mirrors, packages, files, finishing, excluded }))
  .digest("hex")
  .slice(0, 16);
