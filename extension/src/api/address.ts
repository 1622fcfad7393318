/** The address of a server. A password and a bearer token go there, so it is https, or http on this machine only. */

const LOCAL = /^(localhost|127\.0\.0\.1)$/;

/** The origin of a server's address, as the terms name it; `null` when it is not one that may be used. */
export function readServer(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === "" && url.pathname === "/";
  const safe = url.protocol === "https:" || (url.protocol === "http:" && LOCAL.test(url.hostname));
  return plain && safe ? url.origin : null;
}

export interface PairingText {
  readonly server: string;
  readonly rootKey: string;
}

const ROOT_KEY = /^0[23][0-9a-f]{64}$/;

/** `anytill:https://till.example#<root key>`, as a server prints it. */
export function readPairing(text: string): PairingText | null {
  const match = /^anytill:([^#\s]{1,300})#([0-9a-fA-F]{66})$/.exec(text.trim());
  return match === null ? null : readPairingParts(match[1] ?? "", match[2] ?? "");
}

export function readPairingParts(server: string, rootKey: string): PairingText | null {
  const origin = readServer(server);
  const key = rootKey.trim().toLowerCase();
  return origin === null || !ROOT_KEY.test(key) ? null : { server: origin, rootKey: key };
}
