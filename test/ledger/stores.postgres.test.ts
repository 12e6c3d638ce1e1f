import { describeLedger } from "./promises.ts";
import { inPostgres } from "./stores.ts";

describeLedger(inPostgres);
