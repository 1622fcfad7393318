/**
 * The shopper's account at an exchange that the server may send from. Its tokens are the server's alone; known here is
 * whose it is and what it could send. Asked for on the timer of the rates and on the extension's own page, so that the
 * times of these calls tell nothing of a store's page.
 */
import type { Result } from "../api/client.ts";
import { random128 } from "../api/client.ts";
import type { Links } from "../api/types.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import type { LinkedAccount } from "./model.ts";

const sameLinked = (one: LinkedAccount | null | undefined, other: LinkedAccount | null): boolean => one?.provider === other?.provider && one?.availableSat === other?.availableSat && one !== undefined;

export async function askLinked(core: Core): Promise<Result<Links>> {
  const result = await core.ask((client) => client.linked());
  if (!result.ok) return result;
  const { linked } = result.value;
  const seen = linked ? { provider: linked.provider, availableSat: linked.available_sat ?? null } : null;
  // What is known already is no change: open pages ask for it whenever something changes.
  await core.store.change("account", (account) => (account === null || sameLinked(account.linked, seen) ? account : { ...account, linked: seen }));
  return result;
}

/** Where none is served nobody is asked. */
export async function refreshLinked(core: Core): Promise<void> {
  const { session, account, cache } = await core.store.get();
  if (session !== null && account !== null && (cache.served?.linked_accounts ?? []).length > 0) await askLinked(core);
}

/** Opens the provider's page in a tab of its own. A server that sends the shopper anywhere but to an https page is not followed. */
export async function beginLink(core: Core, { provider }: { readonly provider: string }): Promise<Result<null>> {
  const result = await core.ask((client) => client.link(random128(), provider));
  if (!result.ok) return result;
  if (!isPage(result.value.authorize_url)) return { ok: false, problem: ours("answer_malformed") };
  await core.env.openLink(result.value.authorize_url);
  return { ok: true, value: null };
}

/** On this computer a server, and a simulated provider, may do without the lock. */
function isPage(text: string): boolean {
  try {
    const { protocol, hostname, username, password } = new URL(text);
    const own = protocol === "http:" && (hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]");
    return (protocol === "https:" || own) && username === "" && password === "";
  } catch {
    return false;
  }
}

export async function unlink(core: Core, { provider }: { readonly provider: string }): Promise<Result<null>> {
  const result = await core.ask((client) => client.unlink(random128(), provider));
  if (!result.ok) return result;
  await core.store.change("account", (account) => (account === null ? null : { ...account, linked: null }));
  return { ok: true, value: null };
}
