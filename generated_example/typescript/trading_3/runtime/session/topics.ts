/** Topics by a rule: what the server will call a subscription, before it says so. */

import type { TopicRule } from "../operations.js";
import { canonical, topicText } from "./wires.js";

/** A template over the parameters, such as "bars:{symbol}". */
export function templated(template: string): TopicRule {
  return (_, parameters) =>
    template.replace(/\{([^{}]+)\}/g, (_, name: string) =>
      topicText(Object.hasOwn(parameters, name) ? parameters[name] : ""),
    );
}

/** The domain and all parameters that are not null, as JSON with sorted keys, in ASCII. */
export const sortedJson: TopicRule = (domain, parameters) => {
  const present = Object.entries(parameters).filter(
    ([, value]) => value !== null,
  );
  return `${domain}:${canonical(Object.fromEntries(present)).replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )}`;
};
