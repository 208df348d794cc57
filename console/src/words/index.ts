// Everything that the console says, in both languages, from one table a page: [zh, en].

import { language } from "../state/session";
import { common } from "./common";

export type Words = Record<string, readonly [zh: string, en: string]>;

/** The words of a page: `t("key")`, with `{name}` replaced by what `values` gives. */
export function speak<Table extends Words>(table: Table) {
  return (key: keyof Table & string, values: Record<string, string | number> = {}): string => {
    const pair = table[key];
    const text = pair === undefined ? key : pair[language.value === "zh" ? 0 : 1];
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  };
}

/** A text that the hub gives in both languages. */
export function pick(text: { zh: string; en: string } | null | undefined): string {
  return text?.[language.value] ?? "";
}

export const t = speak(common);
