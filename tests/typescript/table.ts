/** Prints the table of transitions as JSON. */

import { TABLE } from "../../runtime/wsgen_runtime/typescript/transitions.js";

console.log(JSON.stringify(TABLE));
