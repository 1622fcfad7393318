import { languageOf, type Catalogues, type Language } from "./language.ts";

/** The pill's few words stand apart, since they are in every named store's checkout. */
export const pillWords: Catalogues<"price" | "offer" | "active" | "attention"> = {
  en: { price: "Pay {amount} with Bitcoin", offer: "Pay with Bitcoin", active: "Purchase under way", attention: "Needs your attention" },
  de: { price: "{amount} mit Bitcoin zahlen", offer: "Mit Bitcoin zahlen", active: "Kauf läuft", attention: "Bitte ansehen" },
  es: { price: "Pagar {amount} con Bitcoin", offer: "Pagar con Bitcoin", active: "Compra en curso", attention: "Requiere tu atención" },
  "zh-CN": { price: "用比特币支付 {amount}", offer: "用比特币支付", active: "购买进行中", attention: "需要您处理" },
};

export function pillLanguage(locale: string): (typeof pillWords)[Language] {
  return pillWords[languageOf(locale)];
}
