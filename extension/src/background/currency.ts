/** Decimals of a currency's minor unit, as ECMA-402 says them. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** What a host's shops mostly charge in, as far as its name tells. */
export function hostCurrency(_host: string): string | null {
  return null;
}
