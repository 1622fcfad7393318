/** Text as the words are written: lower case, without accents, `ß` as `ss`, `ł` as `l`, `ø` as `o`, one kind of apostrophe and space. */

const OTHER_LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", ł: "l", ø: "o", ı: "i" };
/** Everything that more than its case may change in. */
const FOREIGN = /[^\n\x20-\x5f\x61-\x7e]+/g;
const UNTIDY = /^ |[^\S ]|  | $/;
const UNTIDY_LINES = /[^\S \n]|  |\n | \n|^ | $/;
const KNOWN_MAX = 4_000;

/** A page says the same letters and words again and again. */
const known = new Map<string, string>();

function foreign(run: string): string {
  let folded = known.get(run);
  if (folded !== undefined) return folded;
  folded = run
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[ßæłøı]/g, (letter) => OTHER_LETTERS[letter] ?? letter)
    .replace(/[’‘´`]/g, "'");
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(run, folded);
  return folded;
}

const letters = (text: string): string => text.replace(FOREIGN, foreign).toLowerCase();
const tidy = (text: string): string => (UNTIDY.test(text) ? text.replace(/\s+/g, " ").trim() : text);

export const fold = (text: string): string => tidy(letters(text));

/** Lines, each folded by itself, at the price of one text: none may have a line break in it. */
export function foldLines(lines: readonly string[]): string {
  const whole = letters(lines.join("\n"));
  return UNTIDY_LINES.test(whole) ? whole.split("\n").map(tidy).join("\n") : whole;
}
