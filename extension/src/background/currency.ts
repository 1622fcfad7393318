/** What a host's shops mostly charge in, as far as its name tells, of the currencies that are served; else nothing. */
import { homesOf, surroundings } from "../money/index.ts";

export function hostCurrency(host: string, served: readonly string[]): string | null {
  const region = surroundings({ host }).hostRegion;
  if (region !== undefined) return served.find((currency) => homesOf(currency).includes(region)) ?? null;
  return served.length === 1 ? (served[0] ?? null) : null;
}
