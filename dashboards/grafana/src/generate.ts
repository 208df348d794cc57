// Writes every dashboard in both languages: `npm run generate`.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dashboards } from "./dashboards";

const root = join(__dirname, "..");
for (const { path, text } of dashboards()) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
