// What the test that started this script has prepared, and what it does when it is asked to.

import { createInterface } from "node:readline";

/**
 * @typedef {object} Stage
 * @property {string} url of the hub, without a slash at its end
 * @property {{ admin: string, operator: string, viewer: string }} tokens of the people of these names
 * @property {string} pictures folder for screenshots
 */

/** @returns {Stage} */
export function stage() {
  const text = process.env["STAGE"];
  if (text === undefined) throw new Error("STAGE is not set: the tests in tests/tests/console.rs start this");
  return /** @type {Stage} */ (JSON.parse(text));
}

const answers = createInterface({ input: process.stdin });
const lines = answers[Symbol.asyncIterator]();

/**
 * Asks the test to do something that no browser can, such as to cut a station's connection. Returns once that is done.
 * @param {string} what
 * @param {string} [whom]
 */
export async function please(what, whom = "") {
  process.stdout.write(`${what} ${whom}\n`);
  const { done } = await lines.next();
  if (done) throw new Error(`nobody did this: ${what} ${whom}`);
}

/** Lets the script end. */
export function leave() {
  answers.close();
}
