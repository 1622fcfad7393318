import { encode } from "uqr";
import { svg } from "./h.ts";

/**
 * A Lightning invoice, with the scheme by which a telephone's own camera finds the wallet. Upper case: scheme and BOLT 11 are the
 * same in both cases, and upper-case text needs about a quarter fewer modules.
 */
export const invoiceQr = (bolt11: string, label: string): SVGElement => qr(`lightning:${bolt11}`.toUpperCase(), label);

/**
 * A QR code of the text as it is. Always black on white with the full quiet zone of four modules, in dark themes too, since many
 * wallets read nothing else.
 */
export function qr(text: string, label: string): SVGElement {
  const { data, size } = encode(text, { ecc: "L", border: 4 });
  const rows: string[] = [];
  data.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      let end = x + 1;
      while (end < size && row[end]) end += 1;
      rows.push(`M${x} ${y}h${end - x}v1h-${end - x}z`);
      x = end;
    }
  });
  return svg(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, class: "qr", "shape-rendering": "crispEdges" },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: rows.join(""), fill: "#000" }),
  );
}
