/** Where an account can be linked: as its company calls itself, whatever the language. */
const PROVIDERS: Readonly<Record<string, string>> = { coinbase: "Coinbase" };
/** As it calls itself; one that is new is shown as the server has it. */
export const providerName = (provider: string): string => (Object.hasOwn(PROVIDERS, provider) ? (PROVIDERS[provider] ?? provider) : provider);
