/** The runtime of generated WebSocket clients: what applications and generated modules import. */

export { type Address, serverUrl } from "./addresses.js";
export * from "./errors.js";
export { type JsonCodec, jsonCodec } from "./json_codec.js";
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
  ListenOptions,
  Logger,
  OnDisconnect,
  RequestHandler,
  RequestOptions,
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
export type { Verdict } from "./retry.js";
export { correlated } from "./session/correlation.js";
export { request, send } from "./shell/calls.js";
export { Client, Connection } from "./shell/connection.js";
export {
  type WebSocketInterface,
  webSocketInterface,
} from "./shell/interfaces.js";
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
