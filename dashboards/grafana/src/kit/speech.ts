// What is said to people: every text in both languages, side by side, so that neither can be forgotten.

export type Text = readonly [zh: string, en: string];

/** What a panel answers, and what to do about the answer. */
export interface Words {
  title: Text;
  about: Text;
}

export type Speak = (text: Text) => string;

export interface Edition {
  /** Folder of the edition, and what Grafana calls it. */
  folder: "zh-CN" | "en";
  /** End of the uids. */
  mark: "zh" | "en";
  say: Speak;
}

export const EDITIONS: readonly Edition[] = [
  { folder: "zh-CN", mark: "zh", say: ([zh]) => zh },
  { folder: "en", mark: "en", say: ([, en]) => en },
];

/** A value as a device says it, as people read it, with its colour. */
export type States = Readonly<Record<string, { text: Text; colour: string }>>;
