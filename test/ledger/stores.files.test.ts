import { describeLedger } from "./promises.ts";
import { inFiles } from "./stores.ts";

describeLedger(inFiles);
