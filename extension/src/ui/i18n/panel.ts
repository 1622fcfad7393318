import type { Catalogues } from "./index.ts";
import { panelDe } from "./panel.de.ts";
import { panelEn } from "./panel.en.ts";
import { panelEs } from "./panel.es.ts";
import { panelZh } from "./panel.zh.ts";
import { problemsDe } from "./problems.de.ts";
import { problemsEn } from "./problems.en.ts";
import { problemsEs } from "./problems.es.ts";
import { problemsZh } from "./problems.zh.ts";

export type PanelKey = keyof typeof panelEn | keyof typeof problemsEn;

export const panelWords: Catalogues<PanelKey> = {
  en: { ...panelEn, ...problemsEn },
  de: { ...panelDe, ...problemsDe },
  es: { ...panelEs, ...problemsEs },
  "zh-CN": { ...panelZh, ...problemsZh },
};
