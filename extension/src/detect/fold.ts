/** Text as the words are written: lower case, without accents, `ß` as `ss`, `ł` as `l`, `ø` as `o`, one kind of apostrophe and space. */

const OTHER_LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", ł: "l", ø: "o", ı: "i" };
/** Everything that more than its case may change in. */
const FOREIGN = /[^\n\x20-\x5f\x61-\x7e]+/g;
const UNTIDY = /^ |[^\S ]|  | $/;
const KNOWN_MAX = 4_000;

/** A page says the same letters and words again and again. */
const known = new Map<string, string>();
/** Some letter became one with a space. */
let untidy = false;

function foreign(run: string): string {
  let folded = known.get(run);
  if (folded === undefined) {
    folded = plain(run);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(run, folded);
  }
  untidy ||= folded.includes(" ");
  return folded;
}

const plain = (run: string): string =>
  run
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[ßæłøı]/g, (letter) => OTHER_LETTERS[letter] ?? letter)
    .replace(/[’‘´`]/g, "'")
    .replace(/\s/g, " ");

const letters = (text: string): string => text.replace(FOREIGN, foreign).toLowerCase();
const tidy = (text: string): string => (UNTIDY.test(text) ? text.replace(/\s+/g, " ").trim() : text);

export const fold = (text: string): string => tidy(letters(text));

/** Lines, each folded by itself, at the price of one text. They have single spaces and no line breaks. */
export function foldLines(lines: readonly string[]): string {
  untidy = false;
  const whole = letters(lines.join("\n"));
  return untidy ? whole.split("\n").map(tidy).join("\n") : whole;
}
