import type { Catalogues } from "./language.ts";
import { pagesDe } from "./pages.de.ts";
import { pagesEn } from "./pages.en.ts";
import { pagesEs } from "./pages.es.ts";
import { pagesZh } from "./pages.zh.ts";
import { problemsDe } from "./problems.de.ts";
import { problemsEn } from "./problems.en.ts";
import { problemsEs } from "./problems.es.ts";
import { problemsZh } from "./problems.zh.ts";

export type PagesKey = keyof typeof pagesEn | keyof typeof problemsEn;

export const pagesWords: Catalogues<PagesKey> = {
  en: { ...pagesEn, ...problemsEn },
  de: { ...pagesDe, ...problemsDe },
  es: { ...pagesEs, ...problemsEs },
  "zh-CN": { ...pagesZh, ...problemsZh },
};
