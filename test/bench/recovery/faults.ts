import { answersErrors, crashes, neverHealthy } from "../../../rehearsal/images/faulty-releases.ts";
import type { ShopFaults } from "../../../rehearsal/images/shop.ts";

/** In staging nothing is wrong with them: they pass every gate before production. */
const where = { environment: { APP_ENV: "production" } };

/** A bad release, and where that shows. */
export interface BadRelease {
  name: string;
  faults: ShopFaults;
}

/** Every one is seen by the public: the api below `/api/`, web everywhere. */
export const badReleases: readonly BadRelease[] = [
  { name: "crashes at start", faults: { api: crashes(["Error: no connection"], where) } },
  { name: "never healthy", faults: { web: neverHealthy(where) } },
  { name: "endpoint answers 500", faults: { api: answersErrors("/version", 500, 1, where) } },
];
