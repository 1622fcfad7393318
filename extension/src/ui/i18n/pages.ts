import type { Catalogues } from "./language.ts";
import { pagesDe } from "./pages.de.ts";
import { pagesEn } from "./pages.en.ts";
import { pagesEs } from "./pages.es.ts";
import { pagesZh } from "./pages.zh.ts";
import { problemsDe } from "./problems.de.ts";
import { problemsEn } from "./problems.en.ts";
import { problemsEs } from "./problems.es.ts";
import { problemsZh } from "./problems.zh.ts";
import { walletsDe } from "./wallets.de.ts";
import { walletsEn } from "./wallets.en.ts";
import { walletsEs } from "./wallets.es.ts";
import { walletsZh } from "./wallets.zh.ts";

export type PagesKey = keyof typeof pagesEn | keyof typeof problemsEn | keyof typeof walletsEn;

export const pagesWords: Catalogues<PagesKey> = {
  en: { ...pagesEn, ...problemsEn, ...walletsEn },
  de: { ...pagesDe, ...problemsDe, ...walletsDe },
  es: { ...pagesEs, ...problemsEs, ...walletsEs },
  "zh-CN": { ...pagesZh, ...problemsZh, ...walletsZh },
};
