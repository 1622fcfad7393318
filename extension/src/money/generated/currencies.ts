// Made by `npm run gen-currency` from CLDR and vectors/currencies.json. Not edited by hand.

/** Currencies with two decimals that no region uses as its first; those of the regions have two as well, if not below. */
export const TWO_DECIMALS =
  "BGNBOVCHECHWCOUCUCHRKLSLMXVSLLSVCUSNVEDXADZWL";

/** Decimals to the currencies that have them. */
export const OTHER_DECIMALS = "0:BIF,CLP,DJF,GNF,ISK,JPY,KMF,KRW,PYG,RWF,UGX,UYI,VND,VUV,XAF,XOF,XPF|3:BHD,IQD,JOD,KWD,LYD,OMR,TND|4:CLF,UYW";
