/** The words of notifications: short, and without store, total or address, since they can be read over a shoulder. */
import type { Attention } from "./requests.ts";

type Words = Readonly<Record<Attention["kind"] | "challenge", string>>;

const EN: Words = {
  refund_destination_missing: "Something is owed to you. Say where it should go.",
  refund_destination_refused: "A refund could not be sent to where you said. Give another destination.",
  refund_paid: "A refund was sent to you.",
  charged: "A store charged your card.",
  code_ready: "Your gift card's code is there.",
  challenge: "A store's bank asks whether it is you who pays. Answer in the panel on the store's page.",
  destination_changing: "Your refund destination is about to change. If that was not you, call it off.",
};
const WORDS: Readonly<Record<string, Words>> = {
  en: EN,
  de: {
    refund_destination_missing: "Ihnen steht etwas zu. Sagen Sie, wohin es gehen soll.",
    refund_destination_refused: "Eine Rückzahlung kam nicht an. Nennen Sie ein anderes Ziel.",
    refund_paid: "Eine Rückzahlung wurde gesendet.",
    charged: "Ein Geschäft hat Ihre Karte belastet.",
    code_ready: "Der Code Ihrer Geschenkkarte ist da.",
    challenge: "Die Bank eines Shops fragt, ob Sie es sind, der zahlt. Antworten Sie im Fenster auf der Seite des Shops.",
    destination_changing: "Ihr Ziel für Rückzahlungen ändert sich bald. Waren Sie das nicht, machen Sie es rückgängig.",
  },
  es: {
    refund_destination_missing: "Se le debe algo. Indique adónde debe enviarse.",
    refund_destination_refused: "Un reembolso no llegó a su destino. Indique otro.",
    refund_paid: "Se le envió un reembolso.",
    charged: "Una tienda cobró de su tarjeta.",
    code_ready: "El código de su tarjeta regalo está listo.",
    challenge: "El banco de una tienda pregunta si es usted quien paga. Responda en el panel de la página de la tienda.",
    destination_changing: "El destino de sus reembolsos va a cambiar. Si no fue usted, anúlelo.",
  },
  zh: {
    refund_destination_missing: "有一笔款项应退还给您，请指定收款地址。",
    refund_destination_refused: "退款无法送达您指定的地址，请另行指定。",
    refund_paid: "一笔退款已发出。",
    charged: "商店已从您的卡扣款。",
    code_ready: "您的礼品卡兑换码已到。",
    challenge: "商店的银行询问是否是您本人在付款。请在商店页面的面板中回答。",
    destination_changing: "您的退款地址即将变更。如非本人操作，请取消。",
  },
};

const wordsIn = (language: string): Words => WORDS[language.slice(0, 2).toLowerCase()] ?? EN;

export const notice = (kind: Attention["kind"], language: string): string => wordsIn(language)[kind];

/** Not counted on the button: it is over in minutes, whether it was seen or not. */
export const challengeNotice = (language: string): string => wordsIn(language).challenge;
