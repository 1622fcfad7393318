/**
 * The words of checkout pages, as data. All are folded: lower case, no accents, `ß` as `ss`. Lists are ordered English,
 * German, French, Spanish, Italian, Portuguese, Dutch, Japanese, Chinese, Polish, Swedish.
 */

const set = (...lists: readonly string[]): ReadonlySet<string> => new Set(lists.flatMap((list) => list.split("|")));

/** What is paid in the end, said so. */
export const DUE = set(
  "amount due|due today|due now|total due today|total due now|amount due today|amount due now|pay now|pay today|total due|total amount due|balance due|amount to pay|total to pay|to pay|total to be paid|amount to be paid|you pay|you will pay|you'll pay|payment total|payment amount|transaction amount|purchase amount|amount to be debited|total payment|total payable|amount payable|total amount to pay|total amount to be paid|total to be paid now|amount you pay|amount to be paid now|payable amount|total amount payable|payable|total charge|total to be charged|amount to be charged|you will be charged|total charged|remaining to pay|left to pay|remaining balance|balance remaining|remaining amount|amount remaining|remaining total|remaining due|still to pay|charged to card|amount charged|amount charged to card|total charged to card|charged to your card|amount charged to your card|charge to card|amount to charge",
  "zu zahlen|zu zahlender betrag|zu zahlender gesamtbetrag|zahlbetrag|zahlungsbetrag|transaktionsbetrag|zu bezahlen|zahlsumme|restbetrag|verbleibender betrag|restsumme|gesamt zu zahlen|insgesamt zu zahlen|zahlbetrag gesamt|noch zu zahlen|zu zahlende summe",
  "a payer|reste a payer|net a payer|montant a payer|montant a regler|a regler|total a payer|total a regler|montant du paiement|montant de la transaction|montant de l'achat|montant total a payer|montant total a regler|montant restant|solde restant|solde a payer|solde a regler|somme a payer|somme a regler|total net a payer|prix a payer|prix total a payer",
  "a pagar|total a pagar|importe a pagar|monto a pagar|importe del pago|importe de la operacion|importe de la compra|cantidad a pagar|saldo restante|importe restante|restante por pagar|saldo a pagar|total por pagar|importe total a pagar|importe a abonar|total a abonar|precio a pagar",
  "da pagare|totale da pagare|importo da pagare|importo dovuto|totale dovuto|importo totale da pagare|prezzo da pagare",
  "valor a pagar|montante a pagar|total a ser pago|valor total a pagar|total por pagar",
  "te betalen|totaal te betalen|te betalen bedrag|nog te betalen|resterend bedrag|totaal te voldoen|te voldoen|totaalbedrag te betalen",
  "お支払い合計|お支払い金額|お支払金額|お支払い総額|お支払い額|お支払合計|支払い合計|支払合計|支払金額|支払総額|ご請求額|ご請求金額|請求金額|ご請求合計|お支払い予定金額|お支払い合計金額",
  "应付总额|应付金额|应付款|实付款|实付金额|实付|应付合计|應付總額|應付金額|實付金額|实际支付|待支付|支付金额|支付总额|付款金额|应付",
  "do zaplaty|kwota do zaplaty|razem do zaplaty|lacznie do zaplaty|suma do zaplaty",
  "att betala|totalt att betala|summa att betala",
  "at betale|a betale|totalt a betale|sum a betale|i alt at betale|total at betale|total a betale|til betaling|belob til betaling|maksettava|maksettavaa|maksettava yhteensa|k uhrade|celkem k uhrade|k zaplaceni|odenecek tutar|odenecek toplam|к оплате|итого к оплате|총 결제금액|총 결제 금액|결제금액|결제 금액|최종 결제금액|최종결제금액|결제예정금액|المبلغ المستحق|fizetendo|fizetendo osszesen|de plata|total de plata|πληρωτεο|σ υνολο πληρωμης",
);

/** The grand total, said so. */
export const GRAND = set(
  "order total|grand total|order total amount|total order amount|order amount|total amount|total price|total cost|final total|overall total|total for this order|total for your order|total order|purchase total|total purchase|order grand total|final price|order summary total|total sum|all-in total|total order cost|total order value|order value total|new total|checkout total|total with tax|total including tax|total including shipping|total with shipping|total incl shipping|booking total|your total|trip total|journey total|ticket total|tickets total|reservation total|membership total|invoice total|bill total|payment due|net payable|net amount payable|total to pay now|to pay now|total you pay|total charges|final amount|total bill|total for order|amount of payment|total to charge|order total due|total after discount|total after discounts|total after savings|total after promotions|total price to pay|total order price",
  "gesamtbetrag|gesamtsumme|bestellsumme|endbetrag|endsumme|gesamtpreis|gesamtkosten|rechnungsbetrag|rechnungssumme|auftragssumme|bestellbetrag|gesamtbestellwert|gesamt summe|summe gesamt|gesamtrechnung|gesamtbetrag der bestellung|endpreis|gesamtwert|kaufsumme|bruttosumme|bestellwert gesamt|gesamtbetrag nach rabatt|gesamtsumme nach rabatt|summe nach rabatt|gesamtsumme brutto|gesamtsumme der bestellung",
  "total de la commande|total commande|montant total|total general|total ttc|prix total|total de votre commande|montant de la commande|montant ttc|montant total de la commande|total de l'achat|total definitif|montant total ttc|total final|total de votre achat|cout total|montant total de votre commande|total avec livraison|total apres remise|total apres reduction|total livraison comprise",
  "total del pedido|total pedido|importe total|total general|monto total|total de la compra|total compra|precio total|total de tu pedido|total de su pedido|importe total del pedido|total final|coste total|costo total|total de la orden|total orden|importe del pedido|total con iva|total despues del descuento|total con descuento|total de tu compra|total de su compra|monto total a pagar|total de mi compra",
  "totale ordine|totale dell'ordine|totale del tuo ordine|importo totale|totale complessivo|totale generale|prezzo totale|totale finale|importo totale dell'ordine|totale acquisto|costo totale|importo ordine|totale scontato|totale dopo lo sconto",
  "total do pedido|valor total|total geral|total da compra|total da encomenda|montante total|preco total|valor total do pedido|total da sua encomenda|total do seu pedido|valor do pedido|total encomenda",
  "totaalbedrag|totaalprijs|eindtotaal|eindbedrag|totaal bestelling|besteltotaal|totaal van bestelling|totaal van je bestelling|totaalbedrag bestelling|totale prijs|totale kosten|bestelling totaal|totaal van uw bestelling|bestelbedrag",
  "ご注文合計|注文合計|注文の合計|合計金額|総合計|総額|合計額|総計|ご注文合計金額|ご注文金額合計|税込合計|税込合計金額|お買い上げ合計|購入合計|購入金額合計|ご注文総額|注文総額|最終合計|お買上げ合計",
  "订单总额|订单总计|订单合计|订单总价|总金额|总价|總金額|訂單總額|訂單總計|總額|总额|订单金额|合计金额|訂單金額|總價",
  "suma zamowienia|wartosc zamowienia|kwota calkowita|laczna kwota|wartosc calkowita|cena calkowita|laczny koszt|razem zamowienie|calkowity koszt|suma calkowita|lacznie z dostawa|razem z dostawa",
  "ordersumma|totalsumma|totalbelopp|totalpris|summa totalt|orderns summa|total summa|ordertotal",
  "samlet belob|samlet pris|ordretotal|totalbelop|loppusumma|kokonaissumma|tilauksen summa|celkova cena|celkova castka|celkem s dph|celkem vc dph|celkem vcetne dph|genel toplam|siparis toplami|toplam tutar|общая сумма|сумма заказа|итоговая сумма|총 주문금액|총 금액|총액|주문 합계|총 합계|إجمالي الطلب|المبلغ الإجمالي|المجموع الكلي|الإجمالي الكلي|vegosszeg|teljes osszeg|total comanda|γενικο συνολο",
);

/** A plain "total". */
export const TOTAL = set(
  "total|totals|the total|sum total|in total|total today|total now",
  "gesamt|summe|insgesamt|total|summe insgesamt|gesamt inkl",
  "au total|le total|somme totale",
  "suma total|suma",
  "totale|in totale|somma",
  "no total|soma",
  "totaal|in totaal",
  "合計|合計 税込|計|お会計",
  "合计|总计|總計|合計|共计|总共|总计金额",
  "razem|suma|lacznie|ogolem|w sumie",
  "totalt|summa|att totalt",
  "i alt|ialt|sum|yhteensa|celkem|spolu|toplam|итого|всего|합계|총계|الإجمالي|المجموع|osszesen|totalul|συνολο",
);

/** Says that what is in front is not final. */
export const NOT_FINAL =
  /estimat|\best\.? (order )?total|geschatz|voraussichtlich|prognos|vorlaufig|estime|estimad|estimac|stimat|previst[oa]|geschat|verwacht|見積|概算|预计|預估|預計|估计|szacun|orientacyj|uppskatta|beraknad|provis|ungefahr|approximat|tentative|projected/;

/** No order total: each kind of other row. */
export const ROWS: readonly { readonly kind: RowKind; readonly re: RegExp }[] = [
  { kind: "previous", re: /previous|last order|past order|letzte(n|r)? bestellung|vorherige|precedente|derniere commande|pedido anterior|ultimo pedido|ordine precedente|vorige bestelling|前回|上次|poprzedni|credit limit|kreditlimit|available balance|account balance|wallet balance|current balance|new balance|kontostand|guthabenstand|残高|余额|餘額|\bsaldo\b/ },
  { kind: "installment", re: /month|\/ ?mo\b|instal?ment|\bmonat|rate(n|nzahlung)?\b|mensuel|mensualit|par mois|en \d+ fois|sans frais|\bcuotas?\b|mensual|al mes|\brat[ae]\b|mensil|parcel|\bx de\b|termijn|per maand|分割|回払|分期|每期|mies|raty|manad|delbetal|every (2|two) weeks|weekly|pay in \d|\b\d payments|first payment|deposit|anzahlung|acompte|senal\b|acconto|recurring|renews|per year|jahrlich|par an|al ano|subscription/ },
  { kind: "pretax", re: /before (sales )?(tax|vat|gst|shipping|delivery|discount)|pre-?tax|(excl|ex)\.?(uding|usive( of)?|us)? ?(of )?(sales )?(tax|vat|btw|mwst|ust|gst|shipping|delivery|postage|iva|tva|p&p)|(tax|vat|gst) (excl|exclusive|excluded)|without (tax|vat|shipping)|(exkl|zzgl|ohne|vor)\.? ?(der |abzug |gesetzl\.? )?(mwst|ust|mehrwert|umsatz|steuer|versand|lieferung|rabatt)|netto|hors (taxes?|tva|livraison|frais)|\bht\b|bez dph|ilman alv|kdv haric|без ндс|uden moms|부가세 별도|base imponible|imponibile|(sin|antes de) (iva|impuestos|envio)|(iva|tasse|imposte) (escl|no inclu)|(senza|esclus[ao]) (iva|spedizione)|(sem|antes d[eo]s?) (iva|impostos|frete)|excl\. |税抜|税別|税前|不含税|未稅|bez vat|exkl\.? moms|\bnet (total|amount|price)|avant (taxe|remise|livraison)|prima d[ei]/ },
  { kind: "sub", re: /sub[\s-]?tot|mezisoucet|valisumma|ara toplam|подытог|товары|상품 ?금액|상품금액|주문금액|주문 금액|المجموع الفرعي|reszosszeg|delsum|zwischensumme|sous[\s-]?total|parcial|tussentotaal|小計|小计|商品合計|商品代金|商品金额|商品金額|商品总|商品總|delsumma|suma czesciowa|wartosc (koszyka|produktow)|warenwert|artikelsumme|artikelwert|summe (der )?artikel|merchandise|(items?|products?|goods|articles?|articulos?|productos?|produits?|articoli|prodotti|produtos?|itens|artikelen|producten|artikel)\)? ?(total|totals|totale|price|amount|value|cost)|total (for|of|des|de los|de|dei|dos|van)? ?(the |your |vos |les |tus |los )?\d* ?(items?|products?|goods|merchandise|articles?|produits?|articulos|productos|articoli|prodotti|produtos|itens|artikelen|producten|artikel)\b|^(items?|artikel|articles?|articulos?|articoli|artigos|itens|artikelen|productos?|produits?|prodotti|商品)( ?\(\d+.{0,12}\))?$|line total|item price|unit price|stuckpreis|einzelpreis|prix unitaire|food total/ },
  { kind: "gift", re: /gift|payments? (received|made)|paid (so far|to date|already)|already paid|bereits (ge|be)zahlt|deja (paye|regle)|ya pagado|gia pagato|geschenk|carte[s -]*cadeau|tarjeta(s)? (de )?regalo|cart[ae] regalo|buono|presente|cadeau|ギフト|礼品卡|禮品卡|store credit|credits? applied|guthaben|avoir\b|karta podarunkowa|presentkort|wallet|reward|loyalty|points?\b|punkte|puntos|\bpunti\b|pontos|punten|ポイント|积分|積分|punkty|poang/ },
  { kind: "discount", re: /discount|coupon|promo|voucher|rabatt|gutschein|remise|reduction|reduit|descuento|cupon|scont[oi]|buono sconto|descont|cupom|korting|割引|クーポン|値引|할인|쿠폰|alennus|sleva|indirim|скидк|خصم|kedvezmeny|reducere|优惠|優惠|折扣|红包|rabat|znizk|saving|saved|you save|ersparnis|gespart|sie sparen|economi[ae]|economis|ahorr|risparm|bespaar|お得|節約|kod |oszczed|sparar|besparing|reward/ },
  { kind: "shipping", re: /shipping|delivery|postage|\bp&p\b|freight|courier|versand|liefer|livraison|(frais de )?port\b|envio|entrega|spedizion|consegna|frete|portes|verzend|bezorg|levering|配送|送料|运费|運費|邮费|邮资|物流|wysylk|dostaw|frakt|leverans|doprava|postovne|toimitus|kargo|teslimat|доставка|배송비|الشحن|التوصيل|szallit|livrare|porto\b|^pickup|click & collect/ },
  { kind: "tax", re: /\btax(es)?\b|\bvat\b|\b[gh]st\b|\bpst\b|mwst|\bust\b|steuer|\btaxes?\b|\btva\b|\btps\b|\btvq\b|\biva\b|\bigv\b|impuesto|imposte|impostos?\b|\bbtw\b|belasting|消費税|税|moms\b|\bdph\b|\balv\b|\bkdv\b|ндс|부가세|ضريبة|\bafa\b|podat|duty|duties|customs|zoll/ },
  { kind: "fee", re: /\bfees?\b|gebuhr|\bfrais\b|tarifa|cargo(s)? |commission|comision|commissione|taxa\b|\btips?\b|gratuity|trinkgeld|pourboire|propina|mancia|gorjeta|fooi|手数料|surcharge|zuschlag|handling|insurance|versicherung|assurance|seguro|gift ?wrap|donation|spende|prowizja|avgift|kosten\b|toeslag|pfand|crv\b|protection|round.?up/ },
];

export type RowKind = "previous" | "installment" | "pretax" | "sub" | "gift" | "discount" | "shipping" | "tax" | "fee";

/** Any of these in a line: worth a closer look. Plain texts first: the engine makes one tree of them. */
export const TOTAL_TOKEN =
  /tota|remain|rest|summ|gesamt|betrag|zahlen|payable|payment|charge|endpreis|rechnung|regler|payer|pagar|pago|importe|monto|importo|valor|montant|dovuto|bedrag|総|支払|請求|总|總|付|计|計|razem|suma|lacznie|zaplat|kwota|ogolem|wartosc|betala|prix|precio|prezzo|preco|prijs|coste|costo|cout|soma|amount|order|price|koszt|celkem|uhrade|zaplacen|castka|toplam|tutar|итог|оплат|всего|сумм|합계|총|결제|금액|إجمالي|مجموع|مستحق|betale|belob|yhteensa|maksett|osszes|fizet|plata|συνολο|due\b|pay\b|i ?alt\b|\bsum\b/;

/** What may stand beside "total" without changing what it is. Taken out before the words are looked up. */
export const ASIDES: readonly RegExp[] = [
  /[,(]? ?(?<![\p{L}])(dont|davon|di cui|waarvan|of which|w tym|varav|herav|hvorav)\.? ?(les |la |l'|the )?([\d.,]+ ?% ?)?(vat|tax(es)?|gst|mwst|ust|tva|iva|btw|moms|mva|dph)\.?( ?\(?[\d.,]+ ?%\)?)? ?:? ?[^\d\p{L}]{0,4}\d[\d.,\s]*( ?(€|£|\$|zł|kr|[A-Z]{3}))?\)?/giu,
  /[(（]? ?kdv dahil ?[)）]?/gi,
  /[(（](?![^()（）]{0,60}(\bnot\b|\bno\b|nicht|\bnon\b|ohne|ex[ck]l|hors|\bsin\b|sem\b|senza|zzgl|plus|niet|bez))[^()（）]{0,60}(incl|inkl|dont|davon|enth[aä]lt|di cui|compris|inbegrep|w tym|zawiera|税込|内税|消費税|含税|含稅)[^()（）]{0,60}[)）]/gi,
  /\(?(?<!\b(?:not|no|non|nicht|excl|ohne|niet) )\b(incl|inkl|including|includes|include|inclusive|incluye|inclui|incluidos?|incluso|inclus|incluant|inclusief|compris|comprend|inkludera[rt]?|davon|darin|enth[aä]lt(en)?|dont|di cui|zawiera)\.?:?( of)?( all)?( les| la| el| l')? ?([\d.,]+ ?%)? ?[^\d()]{0,12}?[\d.,\s]*[^\d()\s]{0,4} ?([\d.,]+ ?%)? ?(of |de |d'|sales |en |estimated |gesetzl\.? |ges\.? |applicable )*(vat|tax(es)?|gst|hst|mwst|ust|mehrwertsteuer|umsatzsteuer|steuern?|tva|iva|impuestos|imposte|impostos|tasse|btw|moms|duties|fees|shipping|delivery|versand|versandkosten|livraison|envio|spedizione|verzending|verzendkosten|frete|frakt|dostawa)(?![a-zà-ü])\.?( (and|&|und|et|y|e|en|och|\+) (vat|tax(es)?|shipping|delivery|fees|duties|versand(kosten)?|mwst|livraison|envio|impuestos))?( (included|incluido|inclus|inclusa|inclusas))?\)?/gi,
  /\(?\b(vat|tax(es)?|gst|mwst|tva|iva|btw|moms|impuestos|imposte|impostos|shipping|taxes comprises)\.? ?(incl|inkl|included|inclusive|incluid[oa]s?|inclus[ea]?|inclusief|compris(e|es)?|inbegrepen)(?![a-z])\.?\)?/gi,
  /[(（]?(?<![a-z])(com|con|with|mit|avec|met|med|inkl|z|s|sis|sisältää|vč|včetně|herav)\.? (iva|vat|tva|mwst|btw|moms|mva|alv|dph|kdv|tax(es)?|gst|impuestos|impostos)(?![a-z])[)）]?/gi,
  /(?<![a-z])(ttc|brutto|t\.t\.c\.|(?:con )?impuestos inc\.?|inc\. vat|inc vat|inc\. tax|inc tax|inc gst)(?![a-z])|[(（]?(税込み?|含税|含稅|税金込み?|税・送料込み?)[)）]?/gi,
  /[(（]?(?<![\d.,$€£¥])\d+ ?(x )?(items?|products?|articles?|artikel|produkte?|positionen|produits?|articulos?|productos?|articoli|articolo|prodott[oi]|itens|item|produtos?|artikelen|producten|produkt(y|ow|er)?|varor|点|件|件商品|個|pcs|pieces)[)）]?/gi,
];

/** The same, but only in front of the amount: behind it they may be its currency. */
export const LABEL_ASIDES: readonly RegExp[] = [
  /[(（]?\b(in )?(usd|eur|gbp|jpy|cad|aud|chf|cny|rmb|inr|brl|mxn|pln|sek|dkk|nok|czk|nzd|sgd|hkd|try|aed|sar|zar|egp|us\$|us dollars?|euros?)\b[)）]?/g,
  /\bfor (all )?\d+ (orders|shipments|packages|parcels|sellers|shops|stores|tickets|guests?|nights?|adults?|travell?ers?|passengers?|people|persons)\b|\bfur \d+ (bestellungen|sendungen|tickets|gaste|nachte|personen|reisende)\b|\bpour \d+ (commandes|colis|billets|nuits?|personnes?|voyageurs?)\b|\b(por|para|per) \d+ (pedidos|entradas|noches?|personas?|viajeros?|notti?|notte|persone|ordini|noites?|pessoas)\b|\bvoor \d+ (bestellingen|tickets|nachten|personen)\b/g,
  /^(your|the|ihre?|dein|votre|le|la|tu|su|el|il tuo|il|o|seu|je|uw|de|het|ご|din|twoje)\b ?(?=\S)/g,
  /\b(is|are|betragt|lautet|est de|est|es de|es|e di|e de|bedraagt|wynosi|ar)$/g,
  /[(（][\s*?!.:]*[)）]|[:：=*†!|•·–—-]+/g,
];

/** A cart's own total, often without what is added on the way to paying. */
export const CART_TOTAL = set(
  "cart total|basket total|bag total|trolley total|total in cart|shopping cart total|shopping bag total|mini cart total",
  "warenkorb gesamt|warenkorb summe|summe warenkorb|warenkorbsumme|gesamt warenkorb",
  "total panier|total du panier|montant du panier|total carrito|total del carrito|total cesta|total de la cesta|totale carrello|totale del carrello|total do carrinho|totaal winkelwagen|totaal winkelmandje",
  "カート合計|购物车总计|購物車總計|wartosc koszyka|suma koszyka",
);

/** A part is paid now and the rest later. What is given back with the empties is none. */
export const DEPOSIT =
  /^(?!.*(bottle|\bcan\b|container|pfand|refund|security|damage|consigne|statiegeld|kaution|caution))(?=.*(\bdeposit\b|down ?payment|first payment|anzahlung|acompte|\barrhes\b|\bsenal\b|anticipo|acconto|caparra|\bsinal\b|aanbetaling|zadatek|zaliczk|handpenning|depositum|forskud|\bzaloh|kaparo|頭金|定金|訂金|订金|예약금))/;

/** The small cart in a page's head goes its own way. */
export const SMALL_CART = "nav,[role=navigation],[class*=mini-cart i],[class*=minicart i],[id*=minicart i],[id*=mini-cart i],[class*=cart-drawer i],[class*=cart-dropdown i]";

/** "Total (USD)". */
export const CODE_IN_LABEL = /(?:^|[\s(（])(USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR|BRL|MXN|PLN|SEK|DKK|NOK|CZK|NZD|SGD|HKD|TRY|AED|SAR|ZAR|EGP|KRW|RON|HUF|TWD|THB)(?=$|[\s):）])/;

/** A line of its own under a total that takes it back: a part is not in it, or it may change. */
export const NOT_ALL =
  /^(?!.*(\bimport\b|customs|dut(y|ies)\b|zoll|einfuhr|douan|aduan|dogan|dazi|invoer|関税|关税|關稅)).*?(?:^[\W_]*(plus|zzgl|zuzuglich|exkl|excl|excluding|excludes|exclusive of|does not include|doesn't include|not including|not incl|before|hors|non compris|sans|sin incluir|no incluye|mas|piu|esclus[oaie]|non include|sem|mais|nao inclui|exclusief|niet inbegrepen)\b\W.{0,30}(shipping|delivery|postage|freight|tax|vat|gst|fees|versand|liefer|fracht|mwst|steuer|livraison|frais|taxes|tva|envio|gastos|impuestos|\biva\b|spedizion|imposte|frete|impostos|verzend|btw)|(shipping|delivery|freight|postage|tax(es)?|vat|versand(kosten)?|fracht(kosten)?|livraison|envio|frete|spedizione|verzendkosten|frais de port|gastos de envio)\b.{0,30}(not included|not incl\b|(billed|charged|invoiced|quoted|added|paid|payable|collected) (separately|later|afterwards|on delivery|when|once|after)|will be (added|billed|invoiced|quoted|calculated)|nicht (enthalten|inbegriffen)|(separat|gesondert|spater) berechnet|wird (separat|gesondert|spater)|non (inclus|compris)|en sus|aparte|no inclu|nao inclu|a parte|non inclus|niet inbegrepen|apart berekend)|(final|actual|exact) (amount|total|price|charge|cost)\b.{0,30}(may|might|can|could|will) (vary|change|differ|be (different|higher|lower|adjusted))|(amount|total|price)\b.{0,20}(may|might|could) (vary|change|differ|be adjusted)|(end|rechnungs|gesamt)(betrag|preis|summe)\b.{0,30}(kann|konnen) .{0,20}(abweichen|variieren)|(importe|total|precio|monto|montant|prix|importo|prezzo|valor)\b.{0,10}(final|definitif|finale)\b.{0,20}(puede|podra|peut|pourra|puo|potrebbe|pode) (variar|cambiar|varier|changer|variare|cambiare|mudar)|送料は?別|別途.{0,8}(送料|税|料金)|运费(另|到付)|運費(另|到付)|(料金|金額).{0,8}変更.{0,8}(場合|可能))/;

/** Text after an amount, or beside it, that makes it something else. */
export const SPOILS =
  /not includ|no inclu|nicht (inbegriffen|enthalten)|non (inclus|compris)|nao inclu|niet inbegrepen|\+ ?(sales )?(tax|vat|shipping|gst|delivery|p&p|postage|fees|mwst|versand|tva|iva|btw|moms|impuestos|frais|livraison|envio|duties)|plus (sales |applicable )?(tax|shipping|vat|delivery|postage)|\b(zzgl|exkl|excl|plus)\.? ?(of )?(sales )?(tax|vat|mwst|ust|versand|steuer|btw|gst|iva|moms|shipping|delivery)|before (tax|shipping)|hors (taxe|tva|livraison|frais)|mas (iva|impuestos|envio)|piu (iva|spedizione)|mais (iva|frete)|税抜|不含|\bfrom\b|\bab\b|\ba partir d|\bdesde\b|\bup to\b|\bbis zu\b|vanaf|per month|\/ ?mo(nth)?\b|\/ ?monat|\/ ?mois|\/ ?mes\b|\bmonthly|\bmonatlich|\bper item|\beach\b|pro stuck|\bsave\b|\boff\b|depending|depends|abhangig|selon|segun|secondo|afhankelijk|calculated|or more|cash ?back/;

/** A part of the total that is not known yet. */
export const PENDING =
  /calculated (at|in|on|later|after|during)|to be (calculated|determined|confirmed)|\btbd\b|\btbc\b|not yet (calculated|known)|enter (your |a |shipping |delivery )*(address|zip|postcode|postal)|(at|in) (the )?next step|wird (noch )?(berechnet|im nachsten)|noch nicht|werden (noch )?berechnet|adresse (ein|angeben)|calcule[es]* (a|lors|ulterieur|plus tard|a l'etape)|a calculer|se calcular|por calcular|calculad[oa]s? (en|al|mas|na|no|depois)|calcolat[aeio]|da calcolare|a calcular|wordt (nog )?berekend|nog niet|次のステップ|後で計算|未定|待计算|下一步计算|zostanie obliczon|beraknas|^[-–—]{1,3}$|select (a )?(shipping|delivery)|choose (a )?(shipping|delivery)/;

export const PREVIOUS_HEADING =
  /previous|last order|past order|recent(ly)?|order history|saved for later|save for later|you may also|recommended|letzte bestellung|fruhere|fur spater|zuletzt|dernier(e|es)? commande|commandes? precedent|vus recemment|pedidos? anterior|ultimos? pedido|guardado para|ordini precedenti|ultimo ordine|salvati per|pedidos? anteriores|vorige bestelling|eerdere bestelling|前回の|注文履歴|最近|历史订单|poprzednie|tidigare/;

export const APPROX = /approx|about|≈|~|\bca\.?\b|circa|environ|rund\b|etwa\b|ungefahr|aproximad|cerca de|unos\b|ongeveer|約|约|okolo|equivalent|estimated|indicative|for reference|informational/;

/** Heads of columns in a list of goods: "Total" among them is no order total. */
export const COLUMN_HEAD =
  /^(price|unit price|qty\.?|quantity|products?|items?|description|name|preis|einzelpreis|menge|anzahl|artikel|produkt|bezeichnung|prix|prix unitaire|quantite|qte|produits?|articles?|designation|precio|cantidad|cant\.?|productos?|articulos?|prezzo|quantita|prodott[oi]|articol[oi]|preco|quantidade|qtd\.?|produtos?|prijs|aantal|product|artikelen|単価|数量|商品|商品名|価格|单价|商品信息|cena|ilosc|produkt|pris|antal|weight|date|order|status|order date|bestellnummer|datum)$/;

/** Speaks of a total, in whatever words. */
export const PERHAPS = /\btotal|summe\b|gesamt|betrag\b|importe\b|montant\b|totale\b|importo\b|totaal|合計|総額|总计|总额|总价|總計|\bsuma\b|razem|summa\b|celkem|итого|합계/;

/** The store's own word for what the card pays, where the page also shows another currency. */
export const CHARGED = /charged|\bcharge\b|abgebucht|belastet|debit|cobrar|cargo en|addebit|cobrad|afgeschreven|請求|实付|扣款|obciaz|debiter/;

/** A part that is inside the total, or costs nothing. */
export const INSIDE = /incl|inkl|dont|davon|di cui|enthalt|free|saved?\b/;

/** Costs nothing. */
export const FREE = /^(free|gratis|kostenlos|gratuit|offert|-|–|—|無料|免费)$/;

/** A button that pays in parts. */
export const IN_PARTS = /\d ?x|\bx ?\d|in \d|en \d|in \d rat/i;

/** Where a page's data say its currency: any element, and those of two tags. */
export const SAYING: readonly string[] = ['[itemprop="priceCurrency"]', "[data-currency]", "[data-currency-code]"];
export const SAYING_TAGS = 'meta[property$="price:currency"],input[name^="currency" i]';
export const JSON_CURRENCY = /"(?:priceCurrency|currency|currencyCode|currency_code|presentmentCurrency)"\s*:\s*"([A-Za-z]{3})"/g;
