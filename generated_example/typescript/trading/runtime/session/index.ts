/** The sans-I/O core: connection, calls and subscriptions as a machine that is driven from outside. */

export type { Asked } from "./answers.js";
export { Call, Cancelled } from "./calls.js";
export { Consumer, type ConsumerOptions, isAwaitable } from "./consumers.js";
export { idText, Ids, reader, withId } from "./correlation.js";
export type { Effect } from "./effects.js";
export { Lease } from "./leases.js";
export type { CallOptions } from "./requests.js";
export { maker, unwrapped } from "./routes.js";
export { Session } from "./session.js";
export {
  canonicalParameters,
  computedTopic,
  getter,
  releaseParameters,
  Roles,
} from "./wires.js";
