/** The sans-I/O core: connection, calls and subscriptions as a machine that is driven from outside. */

export { oneAtATime } from "./alone.js";
export { answer, type Asked, handle } from "./answers.js";
export { Call, Cancelled } from "./calls.js";
export { Consumer, type ConsumerOptions, isAwaitable } from "./consumers.js";
export { correlated, idOf, idText, reader, withId } from "./correlation.js";
export type { Effect } from "./effects.js";
export { latest } from "./latest.js";
export { beating, listening } from "./liveness.js";
export { Lease } from "./leases.js";
export { listen } from "./listeners.js";
export { type CallOptions, request, send } from "./requests.js";
export { byFields } from "./pairs.js";
export { released } from "./releases.js";
export { maker, unwrapped } from "./routes.js";
export { Session } from "./session.js";
export { sortedJson, templated } from "./topics.js";
export {
  canonicalParameters,
  computedTopic,
  getter,
  releaseParameters,
  Roles,
} from "./wires.js";
