/** What is wrong, by field; under "" what no field of the form stands for. */
export type Mistakes = Record<string, string>;

/** The hub names the member that a mistake is in: `id: …; latitude: …`. */
export function sortMistakes(detail: string, fields: readonly string[]): Mistakes {
  const mistakes: Mistakes = {};
  let field = "";
  for (const part of detail.split("; ")) {
    const named = /^(\w+): (.+)$/s.exec(part);
    // A part that names nobody goes on with the sentence before.
    if (named !== null) field = fields.includes(named[1]!) ? named[1]! : "";
    const text = named !== null && field !== "" ? named[2]! : part;
    mistakes[field] = mistakes[field] === undefined ? text : `${mistakes[field]}; ${text}`;
  }
  return mistakes;
}
