/** The runtime of generated WebSocket clients: what applications and generated modules import. */

export { type Address, channel, serverUrl } from "./addresses.js";
export * from "./errors.js";
export { exactCodec } from "./integers.js";
export { type JsonCodec, jsonCodec, taggedCodec } from "./json_codec.js";
export type {
  Callback,
  ConnectionEvent,
  ConnectionOptions,
  ConnectionState,
  ConnectionStats,
  Credential,
  Delivery,
  HandleOptions,
  Heartbeat,
  HeartbeatMessage,
  Latest,
  ListenOptions,
  Logger,
  OnDisconnect,
  RequestHandler,
  RequestOptions,
  Silence,
  Retry,
  SendOptions,
  Stream,
  StreamOptions,
  SubscribeOptions,
  Subscription,
  SubscriptionState,
  UnknownMessage,
  Url,
} from "./options.js";
export { heartbeat, silence } from "./options.js";
export type { Verdict } from "./retry.js";
export { oneAtATime } from "./session/alone.js";
export { correlated } from "./session/correlation.js";
export { latest } from "./session/latest.js";
export { byFields } from "./session/pairs.js";
export { released } from "./session/releases.js";
export { sortedJson, templated } from "./session/topics.js";
export { request, send } from "./shell/calls.js";
export { Client, Connection } from "./shell/connection.js";
export {
  type WebSocketInterface,
  webSocketInterface,
} from "./shell/interfaces.js";
export { ownConnection } from "./shell/lanes.js";
export { handle, listen } from "./shell/listeners.js";
export { connectionEvents, listenStream, stream } from "./shell/streams.js";
export { subscribe } from "./shell/subscriptions.js";
export {
  type Clock,
  type ConnectRequest,
  type Link,
  MemoryAttempt,
  MemoryConnection,
  MemoryTransport,
  type Receiver,
  type Serve,
  type Transport,
  type WebSocketConstructor,
} from "./transport.js";
