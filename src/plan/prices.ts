/** What a fleet costs, as far as it is known. */
export interface FleetShape {
  /** Droplets. */
  size: number;
  dropletSize: string;
  loadBalancer: boolean;
}

/**
 * US dollars a month for a droplet of each size. https://www.digitalocean.com/pricing/droplets, where they may have changed since: the
 * figures are for comparing, not for paying.
 */
const droplets: Readonly<Record<string, number>> = {
  "s-1vcpu-512mb-10gb": 4,
  "s-1vcpu-1gb": 6,
  "s-1vcpu-2gb": 12,
  "s-2vcpu-2gb": 18,
  "s-2vcpu-4gb": 24,
  "s-4vcpu-8gb": 48,
  "s-8vcpu-16gb": 96,
  "s-1vcpu-1gb-amd": 7,
  "s-1vcpu-2gb-amd": 14,
  "s-2vcpu-2gb-amd": 21,
  "s-2vcpu-4gb-amd": 28,
  "s-4vcpu-8gb-amd": 56,
  "s-8vcpu-16gb-amd": 112,
  "s-1vcpu-1gb-intel": 7,
  "s-1vcpu-2gb-intel": 14,
  "s-2vcpu-2gb-intel": 21,
  "s-2vcpu-4gb-intel": 28,
  "s-4vcpu-8gb-intel": 56,
  "s-8vcpu-16gb-intel": 112,
  "c-2": 42,
  "c-4": 84,
  "c-8": 168,
  "c-16": 336,
  "g-2vcpu-8gb": 63,
  "g-4vcpu-16gb": 126,
  "g-8vcpu-32gb": 252,
  "g-16vcpu-64gb": 504,
  "m-2vcpu-16gb": 84,
  "m-4vcpu-32gb": 168,
  "m-8vcpu-64gb": 336,
};

/** A regional load balancer of one node, US dollars a month. https://www.digitalocean.com/pricing/load-balancers */
const loadBalancerPrice = 12;

/** US dollars a month for droplets and load balancer; `undefined` for a size whose price is not known here. */
export function monthlyPrice({ size, dropletSize, loadBalancer }: FleetShape): number | undefined {
  const price = Object.hasOwn(droplets, dropletSize) ? droplets[dropletSize] : undefined;
  return price === undefined ? undefined : size * price + (loadBalancer ? loadBalancerPrice : 0);
}
