import { describeLedger } from "./promises.ts";
import { inPGlite } from "./stores.ts";

describeLedger(inPGlite);
