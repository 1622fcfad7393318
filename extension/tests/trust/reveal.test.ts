import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, Aes128Gcm } from "@hpke/core";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { makeRevealKey, open, openCard, openCode } from "../../src/trust/reveal.ts";
import { vectors } from "./vectors.ts";

interface Sealed {
  readonly enc: string;
  readonly ciphertext: string;
  readonly purchase: string;
}
const file = vectors<{
  cases: readonly (Sealed & { readonly plaintext: string })[];
  shut: readonly (Sealed & { readonly name: string })[];
  info: string;
  recipient: { readonly public: string; readonly secret: string };
}>("hpke");
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });

async function sealTo(publicKey: string, plain: string, purchase: string): Promise<Sealed> {
  const sealed = await suite.seal(
    { recipientPublicKey: await suite.kem.deserializePublicKey(hexToBytes(publicKey)), info: utf8ToBytes(file.info) },
    utf8ToBytes(plain),
    utf8ToBytes(purchase),
  );
  return { enc: bytesToHex(new Uint8Array(sealed.enc)), ciphertext: bytesToHex(new Uint8Array(sealed.ct)), purchase };
}

describe("what was sealed in the vectors", () => {
  let secret: CryptoKey;
  beforeAll(async () => {
    secret = await suite.kem.deserializePrivateKey(hexToBytes(file.recipient.secret));
  });
  it.each(file.cases)("opens: $plaintext", async (c) => {
    const plain = await open(c, c.purchase, secret);
    expect(plain && new TextDecoder().decode(plain)).toBe(c.plaintext);
  });
  it.each(file.shut)("stays shut: $name", async (c) => {
    expect(await open(c, c.purchase, secret)).toBeNull();
  });
  it("is a card, or nothing", async () => {
    const cards = await Promise.all(file.cases.map((c) => openCard(c, c.purchase, secret)));
    expect(cards).toEqual([{ number: "4111111111111111", securityCode: "123", expiryMonth: 12, expiryYear: 2031 }, null, null]);
  });
});

describe("a key made for one reveal", () => {
  const purchase = "05".repeat(16);
  const plain = '{"number":"4111111111111111","security_code":"123","expiry_month":1,"expiry_year":2030}';
  it("opens what was sealed to it, and no other does", async () => {
    const [key, other] = [await makeRevealKey(), await makeRevealKey()];
    expect(key.publicKey).toMatch(/^[0-9a-f]{64}$/);
    const sealed = await sealTo(key.publicKey, plain, purchase);
    expect((await openCard(sealed, purchase, key.privateKey))?.expiryYear).toBe(2030);
    expect(await openCard(sealed, purchase, other.privateKey)).toBeNull();
    expect(await openCard(sealed, "06".repeat(16), key.privateKey)).toBeNull();
  });
  it.each([
    plain.replace("4111111111111111", "4111-1111"),
    plain.replace('"123"', "123"),
    plain.replace(":1,", ":13,"),
    plain.replace("2030", "30"),
    "[]",
    "not json",
  ])("takes no malformed card: %s", async (text) => {
    const key = await makeRevealKey();
    expect(await openCard(await sealTo(key.publicKey, text, purchase), purchase, key.privateKey)).toBeNull();
  });
});

describe("a gift card", () => {
  const purchase = "05".repeat(16);
  const read = async (value: unknown): Promise<unknown> => {
    const key = await makeRevealKey();
    return openCode(await sealTo(key.publicKey, JSON.stringify(value), purchase), purchase, key.privateKey);
  };
  it.each<[string, unknown, unknown]>([
    ["a code", { code: " AB-1 ", instructions: "Type it." }, { code: "AB-1", pin: null, link: null, instructions: "Type it." }],
    ["code, PIN and link", { code: "AB-1", pin: "42", link: "https://v.example/c?x=1", instructions: "" }, { code: "AB-1", pin: "42", link: "https://v.example/c?x=1", instructions: "" }],
    ["a link alone", { link: "https://v.example/c" }, { code: null, pin: null, link: "https://v.example/c", instructions: "" }],
    ["a link that is none of https, beside a code", { code: "AB-1", link: "javascript:alert(1)" }, { code: "AB-1", pin: null, link: null, instructions: "" }],
    ["the longest that is handed out", { code: "A".repeat(4_096), instructions: "B".repeat(4_096) }, { code: "A".repeat(4_096), pin: null, link: null, instructions: "B".repeat(4_096) }],
    ["longer than that", { code: "A".repeat(4_097) }, null],
    ["a PIN alone", { pin: "42" }, null],
    ["two lines", { code: "AB\n1" }, null],
    ["no text", { code: 17, link: ["https://v.example"] }, null],
    ["nothing", null, null],
  ])("%s", async (_, value, expected) => expect(await read(value)).toEqual(expected));
});
