import { Refused } from "../api/client";

/** What is wrong, by field; under "" what no field of the form stands for. */
export type Mistakes = Record<string, string>;

/** What the hub has told apart by member, or else what its sentence says. */
export function mistakesOf(refused: Error, fields: readonly string[]): Mistakes {
  const told = refused instanceof Refused ? refused.mistakes : [];
  if (told.length === 0) return sortMistakes(refused.message, fields);
  const mistakes: Mistakes = {};
  for (const { member, detail } of told) {
    const isField = fields.includes(member);
    put(mistakes, isField ? member : "", isField || member === "" ? detail : `${member}: ${detail}`);
  }
  return mistakes;
}

function put(mistakes: Mistakes, field: string, text: string, between = "; "): void {
  mistakes[field] = mistakes[field] === undefined ? text : `${mistakes[field]}${between}${text}`;
}

/** The hub names the member that a mistake is in: `id: …; latitude: …`, in Chinese `id：…；latitude：…`. */
export function sortMistakes(detail: string, fields: readonly string[]): Mistakes {
  const mistakes: Mistakes = {};
  let field = "";
  // Every second piece is what stands between two parts.
  const pieces = detail.split(/(; |；)/);
  for (let at = 0; at < pieces.length; at += 2) {
    const part = pieces[at]!;
    const named = /^(\w+)(?:: |：)(.+)$/s.exec(part);
    // A part that names nobody goes on with the sentence before.
    if (named !== null) field = fields.includes(named[1]!) ? named[1]! : "";
    put(mistakes, field, named !== null && field !== "" ? named[2]! : part, pieces[at - 1]);
  }
  return mistakes;
}
