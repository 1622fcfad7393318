// Made by `npm run gen-currency` from CLDR and vectors/currencies.json. Not edited by hand.

/** Decimal and group separator to the locales that write them; what inherits is left out, unnamed ones write `.,`. */
export const SEPARATORS =
  ", :af,be,bg,blo,br,cs,cv,de-AT,en-CZ,en-EE,en-FI,en-FR,en-GE,en-HU,en-LT,en-LV,en-NO,en-PT,en-SE,en-SK,en-UA,en-ZA,eo,es-CR,et,fi,fr,hu,hy,ka,kk,ky,lt,lv,nn,no,pl,pt-AO,pt-CH,pt-CV,pt-GQ,pt-GW,pt-LU,pt-MO,pt-MZ,pt-PT,pt-ST,pt-TL,rm,ru,sk,sq,sv,tg,tk,tt,uk,uz,vec|,':fr-CH|,.:ar-DZ,ar-LB,ar-LY,ar-MA,ar-MR,ar-TN,az,bs,ca,ca-ES-valencia,da,de,dsb,el,en-AT,en-BE,en-DE,en-DK,en-ES,en-ID,en-IT,en-NL,en-PL,en-RO,en-SI,es,eu,fo,fr-LU,fr-MA,gl,hr,hsb,ia,id,is,it,jv,lo,mk,ms-Arab-BN,ms-BN,ms-ID,nl,ps,pt,qu-BO,ro,sc,sl,sr,sw-CD,tr,uz-Arab,vi,wo|. :ba,xh|.':de-CH,de-LI,en-CH,it-CH|.,:az-Arab,es-419,es-BR,es-BZ,es-CU,es-DO,es-GT,es-HN,es-MX,es-NI,es-PA,es-PE,es-PR,es-SV,es-US,kk-Arab";

/** Code points of the zeros of all decimal digits, hexadecimal. */
export const ZEROS = "30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 10d40 11066 110f0 11136 111d0 112f0 11450 114d0 11650 116c0 116d0 116da 11730 118e0 11950 11bf0 11c50 11d50 11da0 11de0 11f50 16130 16a60 16ac0 16b50 16d70 1ccf0 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e4f0 1e5f1 1e950 1fbf0";
