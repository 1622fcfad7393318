/** Text as the words are written: lower case, without accents, `ß` as `ss`, `ł` as `l`, one kind of apostrophe and space. */

const fold_ = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text)
    ? text.toLowerCase()
    : text
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .normalize("NFC")
        .toLowerCase()
        .replace(/ß/g, "ss")
        .replace(/ł/g, "l")
        .replace(/[’‘´`]/g, "'");

export const fold = (text: string): string => fold_(text).replace(/\s+/g, " ").trim();
