/** Where a channel is: a server's URL, and what the channel's address adds to it (RFC 3986, RFC 6455 section 3). */

export type Scalar = string | number | boolean;

/** A value of a query: an array is one pair for each item, an object one for each key; nothing is absent. */
export type QueryValue =
  | Scalar
  | readonly Scalar[]
  | Readonly<Record<string, Scalar>>
  | null
  | undefined;

/**
 * What a channel adds to a server's URL, and to the handshake there. No value can lead to another path: what is not
 * a letter or a digit is percent-encoded, and what would be an empty segment, or a step up, is refused.
 */
export interface ChannelAddress {
  /** The channel's address, with its parameters in braces; it may have a query of its own. */
  readonly template: string;
  /** The values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, Scalar | undefined>>;
  /** Further pairs of the query, in this order. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Headers of the handshake. */
  readonly headers?: Readonly<Record<string, Scalar | null | undefined>>;
}

/** An address with what makes use of it; `channel` makes one. */
export interface Address extends ChannelAddress {
  readonly locate: typeof channelUrl;
  readonly handshake: typeof handshakeHeaders;
}

/** The address of a channel, as clients take it. */
export function channel(address: ChannelAddress): Address {
  return { ...address, locate: channelUrl, handshake: handshakeHeaders };
}

const PARAMETER = /\{([^{}]*)\}/g;

const SERVER = /^(wss?:\/\/[^/?#\s]+)([^?#\s]*)(?:\?([^#\s]*))?$/i;

/**
 * The URL of a server.
 *
 * @throws TypeError: it is no WebSocket URL.
 */
export function checkedUrl(server: string): string {
  if (SERVER.test(server)) return server;
  throw new TypeError(
    `expected a URL such as "wss://example.com/path", without a fragment, got "${publicUrl(String(server))}"`,
  );
}

/**
 * The URL of a channel on a server. A query of the server's URL comes first.
 *
 * @throws TypeError: `server` is no WebSocket URL, or a value cannot stand in the address.
 */
export function channelUrl(server: string, address: ChannelAddress): string {
  const [, origin = "", own = "", first] = SERVER.exec(checkedUrl(server))!;
  const [path, query] = expanded(address);
  const joined = /[^/]/.test(path)
    ? `${own.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`
    : own;
  const pairs = [first, query].filter(Boolean).join("&");
  return origin + joined + (pairs && `?${pairs}`);
}

/**
 * The URL of a server with variables. None of them can lead to another host; a host that is a variable may bring
 * its scheme along.
 *
 * @throws TypeError: a variable of the host has a character that ends a host, or is empty.
 */
export function serverUrl(
  template: string,
  variables: Readonly<Record<string, string | undefined>>,
): string {
  const end = template.indexOf("://");
  let scheme = template.slice(0, Math.max(0, end));
  const rest = end < 0 ? template : template.slice(end + 3);
  const slash = `${rest}/`.indexOf("/");
  const value = (name: string): string | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : undefined;
  let first = true;
  const host = rest.slice(0, slash).replace(PARAMETER, (whole, name) => {
    let given = value(name);
    const own =
      first && rest.startsWith(whole) && /^wss?:\/\//.exec(given ?? "");
    first = false;
    if (own && given !== undefined) {
      scheme = own[0].slice(0, -3);
      given = given.slice(own[0].length);
    }
    return checked(name, given ?? whole, given ?? name);
  });
  scheme = scheme.replace(PARAMETER, (whole, name) =>
    checked(name, value(name) ?? whole, value(name) ?? name),
  );
  const path = rest
    .slice(slash)
    .replace(PARAMETER, (whole, name) =>
      value(name) === undefined
        ? whole
        : quoted(value(name)!).replaceAll("%2F", "/"),
    );
  return `${scheme}://${host}${path}`;

  function checked(name: string, text: string, given: string): string {
    if (!given || /[/?#@\\\s\x00-\x1f\x7f]/.test(given)) {
      throw new TypeError(
        `the variable \`${name}\` of the server \`${template}\` cannot be "${given}"`,
      );
    }
    return text;
  }
}

/** A URL as logs and messages may show it: without user, query and fragment. */
export function publicUrl(url: string): string {
  return url
    .replace(/[?#].*$/s, "")
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");
}

/** The headers that are there, as text; but for those that are `given` in another way. */
export function handshakeHeaders(
  { headers = {} }: ChannelAddress,
  given: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const others = Object.keys(given).map((name) => name.toLowerCase());
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value == null) continue;
    const text = String(value);
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
      throw new TypeError(`the header \`${name}\` has a control character`);
    }
    if (!others.includes(name.toLowerCase())) found.push([name, text]);
  }
  return Object.fromEntries(found);
}

function expanded(
  address: ChannelAddress,
): readonly [path: string, query: string] {
  const { template, parameters = {}, query = {} } = address;
  const value = (name: string): string | undefined =>
    Object.hasOwn(parameters, name) && parameters[name] !== undefined
      ? String(parameters[name])
      : undefined;
  const fill = (text: string) =>
    text
      .split(/(\{[^{}]*\})/)
      .map((part, index) => {
        const given = index % 2 ? value(part.slice(1, -1)) : undefined;
        return given === undefined ? literal(part) : quoted(given);
      })
      .join("");
  const question = template.indexOf("?");
  const path = question < 0 ? template : template.slice(0, question);
  const segments = path.split("/").map((segment) => {
    for (const [, name = ""] of segment.matchAll(PARAMETER)) {
      if (value(name) === "") {
        throw new TypeError(
          `the parameter \`${name}\` of the address \`${template}\` is empty`,
        );
      }
    }
    const text = fill(segment);
    if (/^\.\.?$/.test(text) && text !== segment) {
      throw new TypeError(
        `a parameter of the address \`${template}\` is a step to another path: "${text}"`,
      );
    }
    return text;
  });
  const pairs = question < 0 ? [] : [fill(template.slice(question + 1))];
  return [
    segments.join("/"),
    [...pairs, ...queryPairs(query)].filter(Boolean).join("&"),
  ];
}

/** The pairs of a query, percent-encoded. */
export function queryPairs(
  query: Readonly<Record<string, QueryValue>>,
): string[] {
  const pair = (name: string, value: Scalar) =>
    `${quoted(name)}=${quoted(String(value))}`;
  return Object.entries(query).flatMap(([name, value]) => {
    if (value == null) return [];
    if (typeof value !== "object") return [pair(name, value)];
    if (Array.isArray(value)) {
      return (value as Scalar[]).map((each) => pair(name, each));
    }
    return Object.entries(value).map(([key, each]) => pair(key, each));
  });
}

/** Percent-encoded but for letters, digits and `-._~` (RFC 3986, section 2.3). */
function quoted(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Text of a template: what stands for itself in a path or query stays. */
const literal = (text: string): string =>
  encodeURI(text).replace(/%25|[#?]/g, (found) =>
    found === "%25" ? "%" : encodeURIComponent(found),
  );
