import type { Catalogues } from "./language.ts";
import { nwcDe } from "./nwc.de.ts";
import { nwcEn } from "./nwc.en.ts";
import { nwcEs } from "./nwc.es.ts";
import { nwcZh } from "./nwc.zh.ts";
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

export type PagesKey = keyof typeof pagesEn | keyof typeof problemsEn | keyof typeof walletsEn | keyof typeof nwcEn;

export const pagesWords: Catalogues<PagesKey> = {
  en: { ...pagesEn, ...problemsEn, ...walletsEn, ...nwcEn },
  de: { ...pagesDe, ...problemsDe, ...walletsDe, ...nwcDe },
  es: { ...pagesEs, ...problemsEs, ...walletsEs, ...nwcEs },
  "zh-CN": { ...pagesZh, ...problemsZh, ...walletsZh, ...nwcZh },
};
