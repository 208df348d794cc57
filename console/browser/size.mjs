// What a browser loads of the console in all, compressed: fails when that is more than 300 KB.

import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 300_000;
const dist = fileURLToPath(new URL("../dist", import.meta.url));

const files = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
let total = 0;
for (const { parentPath, name } of files) total += gzipSync(await readFile(`${parentPath}/${name}`)).length;
console.log(`the console is ${(total / 1_000).toFixed(1)} KB compressed, of at most ${MOST_BYTES / 1_000}`);
if (files.length === 0) throw new Error(`${dist} is empty: run npm run build`);
if (total > MOST_BYTES) process.exitCode = 1;
