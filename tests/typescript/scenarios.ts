/** Plays the scenario files that are given as arguments; prints, as JSON, what does not hold in each, or null. */

import { readFileSync } from "node:fs";

import { Failed, Player, type Step } from "./player.js";

function play(path: string): string | null {
  const scenario = JSON.parse(readFileSync(path, "utf-8"));
  let number = 0;
  let step: Step | undefined;
  try {
    const player = new Player(scenario.options ?? {});
    for (step of scenario.steps as Step[]) {
      number++;
      player.play(step);
    }
  } catch (error) {
    const said =
      error instanceof Failed ? error.message : (error as Error).stack;
    return `step ${number}: ${JSON.stringify(step)}\n${said}`;
  }
  return null;
}

const failures: Record<string, string | null> = {};
for (const path of process.argv.slice(2)) failures[path] = play(path);
console.log(JSON.stringify(failures));
