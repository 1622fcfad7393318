/** Months and years as selects of card forms write them. */

/** `3`, `03`, `03 - March`, `March`, `März`, `3月`. */
export function isMonth(text: string, month: number): boolean {
  const number = /^\s*(\d{1,2})(?!\d)/u.exec(text)?.[1];
  if (number !== undefined) return Number.parseInt(number, 10) === month;
  return monthNames(month).has(fold(text));
}

/** `2031` or `31`. */
export function isYear(text: string, year: number): boolean {
  const digits = text.replace(/年$/u, "").trim();
  return digits === String(year) || digits === String(year % 100).padStart(2, "0");
}

const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "hu", "ro", "ru"];
const known = new Map<number, ReadonlySet<string>>();

/** Long and short names in the languages of Europe, folded. The browser knows them. */
function monthNames(month: number): ReadonlySet<string> {
  const before = known.get(month);
  if (before !== undefined) return before;
  const names = new Set<string>();
  const day = new Date(Date.UTC(2024, month - 1, 15));
  for (const language of LANGUAGES) {
    for (const width of ["long", "short"] as const) {
      names.add(fold(new Intl.DateTimeFormat(language, { month: width, timeZone: "UTC" }).format(day)));
    }
  }
  known.set(month, names);
  return names;
}

function fold(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/[\p{M}.]/gu, "");
}
