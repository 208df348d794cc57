// Lists as files. The hub gives at most 1,000 rows at once; the pages are put together again.

import { request, withQuery, type Query } from "../api/client";

const ROWS_A_PAGE = 1_000;
/** A file that a spreadsheet still opens. */
const PAGES_MAX = 100;

/** The page's text without the byte order mark and the header, which only the first page keeps. */
export function withoutHead(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}

export async function downloadCsv(path: string, query: Query, file: string): Promise<void> {
  const parts: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const asked = { limit: ROWS_A_PAGE, ...query, format: "csv", cursor };
    const answer: Response = await request(withQuery(path, asked));
    // `text()` drops the mark; Excel needs it to know UTF-8.
    const text = await answer.text();
    parts.push(page === 0 ? `\u{feff}${text}` : withoutHead(text));
    cursor = answer.headers.get("Waystation-Next");
    if (cursor === null) break;
  }
  save(new Blob(parts, { type: "text/csv;charset=utf-8" }), file);
}

type Value = string | number | null;

/** One value of a row: quoted where it must be; a text that a spreadsheet would run as a formula is made harmless. */
export function csvValue(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Saves a list that the hub gives in no file of its own; as the hub's files, with a byte order mark and CRLF. */
export function saveCsv(rows: readonly (readonly Value[])[], file: string): void {
  const lines = rows.map((row) => `${row.map(csvValue).join(",")}\r\n`);
  save(new Blob(["\u{feff}", ...lines], { type: "text/csv;charset=utf-8" }), file);
}

function save(blob: Blob, file: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
