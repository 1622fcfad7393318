/** Text as the words are written: lower case, without accents, `ß` as `ss`, `ł` as `l`, `ø` as `o`, one kind of apostrophe and space. */

const OTHER_LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", ł: "l", ø: "o", ı: "i" };

const fold_ = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text)
    ? text.toLowerCase()
    : text
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .normalize("NFC")
        .toLowerCase()
        .replace(/[ßæłøı]/g, (letter) => OTHER_LETTERS[letter] ?? letter)
        .replace(/[’‘´`]/g, "'");

export const fold = (text: string): string => fold_(text).replace(/\s+/g, " ").trim();
