// What is committed is what this source makes: nobody edits the JSON by hand.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dashboards } from "./dashboards";
import { EDITIONS } from "./kit/speech";

const root = join(__dirname, "..");

for (const { path, text } of dashboards()) {
  test(`${path} is freshly generated`, () => {
    assert.ok(readFileSync(join(root, path), "utf8") === text, `${path} differs: run \`npm run generate\``);
  });
}

test("nothing else stands among them", () => {
  const found = EDITIONS.flatMap(({ folder }) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`));
  assert.deepEqual(found.sort(), dashboards().map(({ path }) => path).sort());
});
