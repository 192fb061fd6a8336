/**
 * Tests on every platform that has `process`: one after the other, told as Node's own runner tells them. The program
 * then ends by itself, if nothing keeps it alive.
 */

import process from "node:process";

type Body = () => unknown;

const LONGEST = 60_000;
const tests: [name: string, body: Body][] = [];

export function test(name: string, body: Body): void {
  if (tests.push([name, body]) === 1) setTimeout(runAll);
}

async function runAll(): Promise<void> {
  let failed = false;
  for (const [index, [name, body]] of tests.entries()) {
    const problem = await problemOf(body);
    const result = problem === undefined ? "ok" : "not ok";
    console.log(`${result} ${index + 1} - ${name}`);
    if (problem) console.log(problem.replaceAll(/^/gm, "  "));
    failed ||= result === "not ok";
  }
  if (failed) process.exit(1); // what it has left open may never end
}

async function problemOf(body: Body): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), LONGEST);
  });
  try {
    await Promise.race([body(), late]);
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.stack : error}`;
  } finally {
    clearTimeout(timer);
  }
}
