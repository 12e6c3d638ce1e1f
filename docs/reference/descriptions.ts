/** What the schema's source does not say of a key; a TSDoc comment there takes precedence. By dotted path. */
export const descriptions: Readonly<Record<string, string>> = {
  app: "The application's name. Droplets are named `<app>-<environment>-<n>`; files lie in `~/liftlock/<app>` on each host.",
  fleet: "The machines of the environment.",
  "fleet.dropletSize": "DigitalOcean's slug for the size of a droplet.",
  "fleet.image":
    "DigitalOcean's slug for the image a new droplet boots from. A change does not touch droplets that exist.",
  "fleet.region":
    "DigitalOcean's slug for the region. A change would replace every droplet: `liftlock` refuses it (`UnsafeChange`).",
  "fleet.tags": "More tags for the droplets, beside `<app>-<environment>`.",
  "fleet.reservedAddress":
    "A reserved address that leads to the first host and stays when the host does not.",
  ssh: "How the engine and the driver reach the hosts.",
  "ssh.user": "User that cloud-init makes on each host, member of the group `docker`.",
  "ssh.port": "Port of the hosts' SSH server.",
  registry: "The registry that images are checked in and pulled from. Leave it out if all images are public.",
  "registry.server": "Host name of the registry.",
  "registry.username": "User name of the account whose token it is.",
  "registry.token": "A token that may pull; for GHCR a classic one with `read:packages`.",
  "registry.pull":
    "Account that hosts pull with, so that none of them holds a token that can write. Without it they have the one above.",
  "registry.pull.username": "User name of the account whose token it is.",
  "registry.pull.token":
    "A token that may only read, here and in the repositories that images come from; for GHCR `read:packages`.",
  "registry.repositories.from":
    "Name of a repository that images come from; `{…}` stand for parts of it that `to` may use again.",
  "registry.repositories.to": "Name of the repository that such an image is copied to.",
  environment: "Values for the variables of the application's compose file.",
  "environment.variables":
    "Values that may be read by everybody who reads the file. Numbers and booleans become text.",
  "environment.secrets": "Values that are encrypted in the file and in the stack's state.",
  dns: "A records that point to the environment's public address.",
  "dns.domain": "The domain below which the records are made.",
  "dns.names": "Names of the records; `@` is the domain itself.",
  "dns.createDomain": "Make the domain at DigitalOcean too. Without it the domain must exist there.",
  health: "What healthy means, seen from outside.",
  "health.scheme":
    "How the endpoints are asked: `https` needs `edge.tls`, or a service with a certificate of its own.",
  "health.port": "Port of the endpoints on each host. Must be among `fleet.ports`.",
  migration: "The release's migrations: the job `migrator` of the compose file.",
  alerts: "Whom DigitalOcean tells. Used in production only.",
  "alerts.emails": "Addresses verified at DigitalOcean.",
  repository: "The GitHub repository whose environment of the same name the stack manages.",
  "repository.owner": "User or organisation.",
  "repository.name": "Repository, without its owner.",
  "repository.variables": "Variables of the GitHub environment.",
  "repository.secrets": "Secrets of the GitHub environment.",
  gates:
    "What must be in order before anything is deployed here. Each but the emergency stop can be overridden with a reason.",
  "gates.tests": "What the tests of the release came to in the source environment (`liftlock tests`).",
  "gates.limits": "How often, and how many at once.",
  "gates.limits.promotionsPer.count": "How many.",
  "gates.limits.promotionsPer.seconds": "Within how many seconds.",
  approval: "Who has to agree before a release comes here (`liftlock approve`).",
  trust:
    "What must be proven of images before they come here. Without it nothing is proven, and every result says so.",
  "trust.signatures": "Who must have signed exactly this digest.",
  "trust.provenance": "What an image must have been built from, by signed SLSA provenance.",
  "trust.security": "What security reports may find.",
  "trust.security.waivers": "Findings that do not block for a while.",
  "trust.security.waivers.reason": "Why it does not block.",
  notify: "Who is told what happens here. A channel that is down stops nothing.",
  "notify.slack": "A channel of Slack, by an incoming webhook.",
  "notify.email": "Mail.",
  "notify.pagerDuty": "Who is called out of bed.",
  "notify.webhooks": "Any address of yours; every request is signed.",
  "release.version": "Semantic version.",
  "release.commit": "Commit that the images were built from, 7 to 64 hexadecimal digits.",
  "release.createdAt": "When it was built.",
  "release.images":
    "Pinned image of each service and job of the compose file, `registry/repository@sha256:…`.",
  rollout: "The attempt under way, or the last one. Written by the driver.",
};
