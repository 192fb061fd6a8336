/** Reads scenarios, one a line; for each, prints what can be seen after each of its steps. */

import { createInterface } from "node:readline";

import { ordered, Player, type Step } from "./player.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { options, steps } = JSON.parse(line);
  const player = new Player(options);
  const seen = (steps as Step[]).map((step) => {
    player.play(step);
    return player.seen();
  });
  console.log(ordered(seen));
}
