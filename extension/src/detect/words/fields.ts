/**
 * Words of card forms, as patterns on folded text: `name`, `id` and the like split into words with spaces, or what a label
 * says. Languages as in `words.ts`.
 */

import type { FieldKind } from "../../types/recipe.ts";

interface FieldWords {
  /** On the words of name, id, data attributes. */
  readonly names: RegExp;
  /** On label, placeholder, aria-label, title. */
  readonly labels: RegExp;
}

export const FIELD_WORDS: Readonly<Record<Exclude<FieldKind, "expiryMonth" | "expiryYear" | "givenName" | "familyName">, FieldWords>> = {
  number: {
    names:
      /\b(card ?(number|num|no|nr|nbr|pan)|cc ?(number|num|no|nr|n)|credit ?card ?(number|num|no|nr)?$|(number|num|no) ?(of ?)?card|cardnumber|ccnumber|ccnum|ccno|cardno|pan|account ?number ?card|encrypted ?card ?number|payment ?card ?number|card 1 number|kartennummer|karten ?nr|kreditkartennummer|numero ?(de ?)?(la ?)?(carte|tarjeta|cartao|carta|tarj)|(carte|tarjeta|cartao|carta) ?(numero|num|no)|num ?(carte|tarjeta|cartao)|kaart ?nummer|creditcardnumber)\b|\bcard ?(number|num|no)\d?\b|\bcc ?(number|num)\d?\b|\b(credit ?card|cc|card) ?\d$/,
    labels:
      /card ?(number|no\b|num|#|nr)|long (card )?number|(1[56]|sixteen)[- ]?(digits?|stellige|chiffres|digitos|cifre|cijfers)\b.{0,30}(card|karte|carte|tarjeta|carta|cartao|kaart)|(number|no\.?|#) (on|of) (your |the )?card|credit card( number)?$|debit card( number)?$|credit\/debit card|kartennummer|kreditkarte(nnummer|n-nr)|karten-?nr|numero (de )?(la |votre |ta )?carte|(n°|nº|no\.?|num\.?) (de )?(la |votre )?(carte|tarjeta)|numero (de )?(la |tu |su )?tarjeta|numero (della |di )?(carta|tua carta)|numero d[oae] (seu )?cartao|kaartnummer|creditcardnummer|nummer (van|op) (de |je )?kaart|(nummer|nr\.?) (der|ihrer|deiner|auf der) (kredit|debit)?karte|numer karty|numero da carta|cisle?o karty|cislo (platebni )?karty|カード番号|クレジットカード番号|卡号|卡號|信用卡号|银行卡号|numer karty|kortnummer|kortnr|korttinumero|kartyaszam|numarul cardului|номер карты|카드 ?번호|kart numarasi|رقم البطاقة|cislo karty/,
  },
  expiry: {
    names:
      /\b(exp|expiry|expires?|expiration|expdate|expirydate|expirationdate|cardexpiry|cardexp|ccexp|cc ?exp|exp ?date|exp ?mm ?yy|mmyy|valid ?(thru|to|until|till)|gueltig ?bis|gultig|gueltigkeit|ablauf(datum)?|verfall(datum)?|date ?expiration|expir(ation|acion)|caducidad|vencimiento|validade|scadenza|vervaldatum|geldig|(mes|ano|anio) ?cad)\b|expir|\bexp(date|month|year|mm|yy|mon)?\b|expiry|vencim|caducid|scaden|ablauf|gueltig|verval/,
    labels:
      /expir|\bexp\.? ?(date|month|year|mm)|\bexp\b|valid (thru|through|to|until|till)|good thru|card validity|mm ?\/ ?(yy|aa|jj|rr)|ablauf|gultig|verfall|verfallt|date d'?expiration|date de validite|date de fin|echeance|validite|caduc|vencimiento|vence\b|valid[ae] hasta|fecha de exp|fecha de vto|scaden|validade|vencimento|valido ate|verval|geldig tot|geldig t\/m|有効期限|使用期限|有效期|到期|到期日|data waznosci|wazna do|termin waznosci|utgang|giltig|udlob|utlop|voimassa|lejarat|data expirarii|valabil|platnost|срок действия|유효 ?기간|son kullanma|platnost/,
  },
  securityCode: {
    names:
      /\b(cvv2?|cvc2?|cvn|csc|ccv|cid|ccid|cvd|cvx|cav|card ?(verification|security)( ?(code|number|value|num|no))?|security ?(code|number|num|value)|securitycode|verification ?(value|number|digits?)|verificationvalue|card ?code|card ?pin ?cvv|crypto(gramme)?|pruefziffer|pruefnummer|prufnummer|kartenpruef\w*|sicherheitscode|codigo ?(de ?)?seguridad|cod ?seguridad|codigo ?(de ?)?seguranca|codice ?(di ?)?sicurezza|beveiligingscode|cc ?(cvv|cvc|ccv|csc|cid|verification))\b|cvv|cvc|\bccv/,
    labels:
      /\bcvv|\bcvc|\bcvn\b|\bcsc\b|\bccv\b|\bcid\b|\bcvd\b|security (code|number|#)|card verification|verification (code|number|value)|card code|card security|(3|4|three|four)[- ]digits? (code|security|number on the|on the (back|front|reverse)|printed)|(last|final) (3|three) (digits|numbers)|signature strip|(letzten?) (3|drei) (ziffern|stellen)|(3|trois) (derniers )?chiffres|(3|tres) (ultimos )?(digitos|numeros).{0,20}(reverso|atras|dorso|detras|verso)|(ultime )?(3|tre) (ultime )?cifre|(laatste )?(3|drie) cijfers|kartenpruf|karten-?prufnummer|prufziffer|prufnummer|sicherheitscode|sicherheitsnummer|cryptogramme|code (de )?(securite|verification|cvv|cvc)|codigo (de )?(seguridad|verificacion|cvv|cvc)|codice (di )?(sicurezza|verifica)|codigo (de )?(seguranca|verificacao)|beveiligingscode|veiligheidscode|セキュリティ ?コード|安全码|安全碼|校验码|验证码.{0,6}(卡|背)|kod (zabezpieczajacy|bezpieczenstwa|cvv|cvc)|sakerhetskod|код безопасности|보안 ?코드|kontrolcifre|kontrollsiffer|sikkerhedskode|sikkerhetskode|turvakoodi|tarkistusnumero|ellenorzo kod|cod de securitate|kontrolni kod|guvenlik kodu|bezpecnostni kod|^card id( number| code)?\b|\bcod\.? (de )?seguran[cs]a|\bcod\.? (de )?seguridad|cod\.? (di )?sicurezza|(末|後|后)(三|3) ?(位|碼|码)/,
  },
  holder: {
    names:
      /\b(card ?holder( ?name)?|cardholdername|cardholder|name ?on ?(the ?)?(card|cc|credit ?card)|nameoncard|holder ?name|holdername|card ?owner( ?name)?|cc ?(name|owner|holder|holder ?name)|ccname|card ?name|cardname|credit ?card ?(name|owner|holder)|account ?holder ?name|owner ?name|karten ?inhaber|karteninhaber|inhaber|titulaire|titular|intestatario|nome ?(no ?|do ?)?(cartao|titular)|nombre ?(en ?(la ?)?)?(tarjeta|titular)|nom ?(sur ?(la ?)?|du ?)?(carte|titulaire|porteur)|kaart ?houder|accountholdername|payment ?card ?name)\b|card ?holder/,
    labels:
      /name (as (it appears |shown |printed )?)?(on|in) (your |the )?(credit |debit |payment )?card|cardholder|card holder|card ?owner|holder'?s? name|name of (the )?(card ?holder|holder)|karteninhaber|name,? wie .{0,6}auf (der|ihrer|deiner) (kredit)?karte|name (auf|des|der) (der )?(karte|karteninhaber|kreditkarte)|inhaber|titulaire|nom (inscrit |figurant |indique )?(sur|du) (la |votre )?(carte|titulaire|porteur)|titular|nombre (que aparece |como aparece |impreso |completo )?(en|del|de) (la |tu )?(tarjeta|titular)|intestatario|titolare|nome (riportato |indicato |presente )?(sulla|del|dell'|nella) (carta|titolare|intestatario)|nome \(?(impresso |(tal )?(como|igual) (esta |aparece |ao )?|escrito )?(no|do|de) (cartao|titular)|kaarthouder|naam (op|van) (de |je )?(kaart|creditcard|kaarthouder)|カード(の)?名義|名義人|カード所有者|持卡人|卡主姓名|posiadacz|imie i nazwisko (na karcie|posiadacza)|wlasciciel karty|kortinnehavare|kortholder|kortindehaver|kortinnehaver|kortinhaver|navn pa kort|kortinhaber|kortin haltija|namn pa kort|имя (на карте|владельца)|카드 ?소유자|kart sahibi|kart uzerindeki|jmeno na karte/,
  },
  postalCode: {
    names: /\b(zip|zip ?code|zipcode|postal ?code|postalcode|post ?code|postcode|postal|plz|postleitzahl|code ?postal|codigo ?postal|cod ?postal|cp|cap|cep|postnummer|yubin|zip5|eircode|psc)\b|postcode|zipcode|postalcode/,
    labels: /\bzip\b|eircode|postal code|post ?code|postcode|postleitzahl|\bplz\b|code postal|codigo postal|\bc\.?p\.?$|\bcap\b|codice postale|\bcep\b|codigo de postal|郵便番号|邮编|邮政编码|郵遞區號|kod pocztowy|postnummer|pincode|pin code|индекс|우편 ?번호|posta kodu|psc\b/,
  },
};

export const MONTH = /\b(month|mm|mon|monat|mois|mes|mese|maand|miesiac|manad|m)\b|month|月/;
export const YEAR = /\b(year|yyyy|yy|yr|jahr|jj|jjjj|annee|aaaa|aa|ano|anno|jaar|rok|rr|rrrr|ar|y)\b|year|年/;

export const GIVEN = /\b(first|given|forename|fname|vorname|prenom|nombre|voornaam|imie|fornamn|primer nombre|primeiro nome)\b|firstname|givenname|first_?name|名(?!義)/;
export const FAMILY = /\b(last|family|surname|lname|nachname|familienname|apellidos?|cognome|sobrenome|apelido|achternaam|nazwisko|efternamn|nom de famille)\b|lastname|familyname|surname|姓(?!名)/;
/** A bare name: a card holder's only inside a card form. */
export const PLAIN_NAME = /^(full |your |first and last )?name( \(.*\))?$|^(vollstandiger )?name$|^vor- ?und nachname$|^nom( complet)?$|^nombre( completo| y apellidos?)?$|^nome( completo| e cognome)?$|^(volledige )?naam$|^氏名$|^お名前$|^姓名$|^imie i nazwisko$|^(fullstandigt )?namn$/;

/** Whatever else it says, it is no field of a card to pay with. */
export const NOT_CARD =
  /gift|coupon|promo|voucher|discount|gutschein|geschenk|rabatt|cadeau|regalo|cupon|cupom|descuento|sconto|desconto|korting|\bpresente\b|search|suche|recherche|buscar|cerca\b|zoeken|検索|搜索|\btel\b|phone|mobile|telefon|handy|telephone|telefono|celular|cellulare|telemovel|電話|手机|手機|iban|\bbic\b|swift|sort ?code|routing|account ?(number|no)(?! ?card)|kontonummer|\bblz\b|bank|ach\b|e-?mail|password|passwor[dt]|\bpasswd|kennwort|mot de passe|contrasen|senha|wachtwoord|パスワード|密码|newsletter|loyalty|loyal|member|mitglied|bonus|payback|rewards?|club ?card|kundenkarte|fidelit|fidelidad|fedelta|klantenkaart|frequent|miles\b|issue|valid ?from|\bstart\b|gueltig ?ab|gultig ab|debut|desde|birth|\bdob\b|geburt|naissance|nacimiento|nascita|nascimento|geboorte|生年月日|生日|captcha|\botp\b|one[- ]?time|sms\b|\bssn\b|passport|\bvat\b|tax ?id|\btaxid|\bnif\b|\bdni\b|\bcpf\b|cnpj|codice fiscale|order ?(number|no|id)|tracking|serial|customer ?(number|no)|invoice|po ?(number|box)|store ?credit|library|employee|student|rail ?card|bahncard|oyster|travel ?card|(identity|health|discount|season) card|certificate|zertifikat|certificat|exempt|\bdocument|licen[sc]e|honeypot|leave (this )?(field )?(blank|empty)|do not fill|website|\burl\b|comment|company|firma\b|nickname|card ?nick|quantity|\bqty\b|donat|tip ?amount/;
/** Fits only a gift card's box or a one-time code, not the card's own security code. */
export const NOT_CODE = /\bpin\b|gift|sms|sent to|phone|e-?mail|captcha|coupon|promo|redeem|zip|postal|postcode|access|device|two[- ]?factor|authenticat/;

export const BILLING = /billing|bill ?to|\bbill\b|rechnung|facturation|factura|facturacion|fatturazione|faturamento|faturacao|cobranca|factuur|請求先|ご請求|账单|帳單|rozliczen|faktur|card ?(zip|postal|address)|cc ?(zip|postal)|payment ?(zip|postal|address)|cardholder/;
export const SHIPPING = /shipping|ship ?to|\bship\b|delivery|deliver|versand|liefer|livraison|envio|entrega|spedizione|consegna|verzend|bezorg|配送|お届け|送り先|收货|收貨|dostaw|wysylk|leverans|pick ?up|recipient|destinat/;
export const STREET = /\b(street|address ?(line)? ?1|address1|addressline1|street1|strasse|adresse ?1|address line|line1|addr1|address_1)\b|strasse|street|direccion|indirizzo|endereco|住所|地址|^address$|^adresse?$|straat/;
export const SAVE_CARD =
  /(save|store|remember|keep)\b.{0,40}\b(card|payment|details|info)|(karte|zahlungs\w*|kartendaten).{0,30}(speichern|merken)|(enregistrer|sauvegarder|memoriser|conserver).{0,40}(carte|paiement)|remember (this |my )?card|card details?.{0,10}(save|store)|guardar.{0,40}(tarjeta|pago|datos)|salva.{0,30}(carta|pagamento)|(salvar|guardar|gravar).{0,30}(cartao|pagamento)|(kaart|betaal\w*).{0,30}(opslaan|bewaren)|カード.{0,12}(保存|登録)|保存.{0,10}(卡|支付)|(zapisz|zapamietaj).{0,30}(karte|kart)|spara.{0,20}(kort|betal)|\b(save|store)[ _-]?(card|cc|payment)|saveCard/i;
export const GIFT_CARD = /gift ?card|gift ?code|claim ?code|geschenkkarte|geschenkgutschein|carte[s -]*cadeau|cheque[- ]cadeau|tarjeta (de )?regalo|(carta|buono) regalo|cartao[- ](de )?presente|cartao oferta|vale[- ]presente|cadeaubon|cadeaukaart|gift ?certificate|gift ?voucher|ギフト|礼品卡|禮品卡|karta podarunkowa|presentkort/;

export const MONTH_NAMES = /^(jan|feb|mar|mär|fev|fév|apr|avr|abr|may|mai|mag|mei|maj|jun|jui|giu|jul|lug|aug|aoû|aou|ago|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic|led|úno|sty|lut)/i;

/** Autocomplete tokens of other things; `off` and made-up words say nothing. */
export const OTHER_TOKENS = /^(tel|tel-.*|email|username|new-password|current-password|one-time-code|organization|street-address|address-line\d|address-level\d|country|country-name|bday.*|sex|url|photo|given-name|family-name|additional-name|cc-type|cc-additional-name|transaction-.*)$/;

/** A label that says card number, unless it is another card's. */
export const CARD_LABEL = /card ?(number|no\b)|kartennummer|nummer der karte|numero de (la )?(carte|tarjeta)|numero (della|di) carta|numero d[oe] cartao|kaartnummer|kortnummer|korttinumero|カード番号|卡[号號]|numer karty|cislo karty|카드 ?번호/;
/** Says without doubt that it is the card's own code. */
export const CODE_LABEL = /\bcv[vcn]2?\b|card (verification|security)|(security|verification) (code|number) (of|on) (the |your )?card/;
export const OTHER_CARD = /gift|geschenk|cadeau|regalo|presente|loyal|member|club|reward|bonus|payback|kundenkarte|fidel|fedel|klanten|library|issue|start|from|frequent|flyer|miles|passport|travel ?card|oyster|student|rail ?card|bahncard|vielflieger|socio|tessera|iban|discount|rewards/;
/** Names that are a card's whatever else they say. */
export const CARD_NAMES = /\b(credit ?card|card ?number|cc ?(number|num|exp|cvv|cvc|cid)|cvv|cvc|card ?exp)\b/;
export const STARTS = /\b(start|ss|from|issue|birth|dob|bday)\b/;
/** The box of a card on file: its own code, not the new card's. */
export const SAVED_CARD = /\b(saved|stored)[ _-]?(card|cvv|cvc|cvn|security)|\bending (in|with)?:? ?[\d*•x]|\bends (in|with) \d|(endet auf|endend|endziffern|se terminant par|finissant par|terminad[ao] en|che termina|terminante|com final|eindigend op|末尾|尾号) ?:?[\d*•x]|[*•x]{2,} ?\d{4}|\b(visa|mastercard|maestro|amex|american express)\b.{0,12}\b\d{4}\b/;
/** Whose bank account it is. */
export const ACCOUNT_HOLDER = /konto-?inhaber|account ?(holder|owner)|titulaire du compte|titular de la cuenta|titular da conta|intestatario (del )?conto|rekeninghouder|wlasciciel konta|kontoinnehavare/;
export const BANK_FORM = /\biban\b|\bsepa\b|lastschrift|sort ?code|routing|direct debit/;
/** A person that is the card's. */
export const OF_CARD = /\b(card|cc|holder|cardholder|owner)\b|cardholder|karteninhaber|titulaire|titular|intestatario|kaarthouder|名義|持卡人/;
export const WHOLE_NAME = /first and last|given and family|vor- ?und/;
export const GIVEN_LABEL = /first name|given name|vorname|prenom\b|voornaam/;
export const FAMILY_LABEL = /last name|family name|surname|nachname|nom de famille|apellidos?|cognome|achternaam/;
export const FAMILY_TOO = /last|nachname|et nom|nom et/;
export const MONTH_AND_YEAR = /^aa.{1,3}yy|\b(mm|m)\b.{0,4}\b(yy|yyyy|jj|jjjj|aa|aaaa|rr|aaaa|年)\b|月.{0,3}年|年.{0,3}月|month.{0,8}year|monat.{0,8}jahr|mois.{0,8}annee|mes.{0,6}ano|\bmmyy|\bmm ?yy/;
export const MM = /^(mm|month|monat|mois|mes|mese|maand|miesiac|manad|maned|mesic|月)$/;
export const YY = /^(yy|yyyy|jj|jjjj|aa|aaaa|year|jahr|annee|ano|anno|jaar|rok|rr|rrrr|ar|年)$/;
export const DD = /^(dd|day|tag|jour|dia|giorno|dag|dzien|日)$/;
/** Another card's, by its name alone. */
export const NEVER_NAMES = /gift|geschenk|cadeau|regalo|loyal|reward|coupon|voucher|promo|fidelit|fidelid|fedelta|frequent|passport|captcha|honeypot/;

/** Attributes in which a control says what it is. */
export const NAMES: readonly string[] = ["name", "id", "data-fieldtype", "data-field", "data-testid", "data-test", "data-test-id", "data-qa", "data-checkout", "data-encrypted-name", "data-cse", "data-stripe", "data-recurly", "data-braintree-name", "formcontrolname", "ng-model", "v-model", "data-bind"];

/** Tokens of `autocomplete`. */
export const AUTOCOMPLETE: Readonly<Record<string, FieldKind>> = {
  "cc-number": "number",
  "cc-exp": "expiry",
  "cc-exp-month": "expiryMonth",
  "cc-exp-year": "expiryYear",
  "cc-csc": "securityCode",
  "cc-name": "holder",
  "cc-given-name": "givenName",
  "cc-family-name": "familyName",
};

/** Boxes that only robots fill. */
export const HONEYPOT = "[class*=honeypot i],[id*=honeypot i],[name*=honeypot i],.hp-field,.ohnohoney";

/** Beside a gift card, but not its code. */
export const NOT_GIFT_CODE = /\bpin\b|message|amount|recipient|nachricht/;

/** What a gift card's box is called among its own. */
export const GIFT_CODE = /code|redeem|number|nummer|numero/;

/** Fields of an address, by their names. */
export const OF_ADDRESS = /\bcity\b|\bemail\b|address line1|street address/;
