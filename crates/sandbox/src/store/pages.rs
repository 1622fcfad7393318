//! The store's HTML. Everything that came from a form is escaped.

use super::{
    orders::{Order, OrderState, Reference},
    web::CheckoutForm,
};

const STORE: &str = "Rare Groove Records";
const ALBUM: &str = "Midnight on Basin Street";
const ARTIST: &str = "The Lantern Trio";

const STYLE: &str = "
:root{--ink:#1d1a17;--soft:#6d645b;--paper:#faf6ef;--card:#fffdf9;--line:#e4dacb;--accent:#9a3324}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Georgia,'Times New Roman',serif}
header{border-bottom:1px solid var(--line);background:var(--card)}
header div,main{max-width:62rem;margin:0 auto;padding:1rem 1.5rem}
a{color:var(--accent)}
header a{color:var(--ink);text-decoration:none}
header strong{font-size:1.25rem;letter-spacing:.02em}
header div{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem .75rem}
header span{color:var(--soft);font-style:italic}
nav{margin-left:auto;display:flex;gap:1.25rem}
nav a:hover,nav a:focus-visible{text-decoration:underline}
footer{max-width:62rem;margin:0 auto;padding:0 1.5rem 2rem;color:var(--soft);font-size:.9rem}
main{padding-top:2rem;padding-bottom:4rem}
h1{font-weight:normal;font-size:2rem;margin:0 0 .25rem}
h2{font-weight:normal;font-size:1.3rem;margin:0 0 1rem}
.by{color:var(--soft);margin:0 0 1.5rem}
.two{display:grid;gap:2.5rem;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));align-items:start}
.sheet{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:1.5rem}
.price{font-size:1.6rem;margin:1rem 0}
table{border-collapse:collapse;width:100%}
th{font-weight:normal;text-align:left;padding:.4rem 0}
td{text-align:right;padding:.4rem 0;font-variant-numeric:tabular-nums}
tr.total th,tr.total td{border-top:2px solid var(--ink);font-weight:bold;font-size:1.15rem;padding-top:.7rem}
label{display:block;margin:0 0 1rem;color:var(--soft);font-size:.92rem}
input{display:block;width:100%;margin-top:.25rem;padding:.6rem .7rem;font:inherit;color:var(--ink);background:#fff;
border:1px solid var(--line);border-radius:4px}
input:focus{outline:2px solid var(--accent);border-color:transparent}
input[type=checkbox]{display:inline;width:auto;margin:0 .5rem 0 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
button,.button{display:inline-block;font:inherit;color:#fff;background:var(--accent);border:0;border-radius:4px;
padding:.7rem 1.4rem;cursor:pointer;text-decoration:none}
.wide{width:100%;text-align:center;font-size:1.1rem}
.plain{background:var(--soft);padding:.35rem .8rem;font-size:.9rem}
.error{border-left:4px solid var(--accent);background:#f9e9e4;padding:.8rem 1rem;margin:0 0 1.5rem}
.good{border-left:4px solid #3d6b3f;background:#eaf2e6;padding:.8rem 1rem;margin:0 0 1.5rem}
fieldset{border:0;margin:0 0 1rem;padding:0}
legend{font-size:1.3rem;padding:0;margin:0 0 1rem}
";

/// A record with a moon on it; drawn, so that the page needs no second request.
const SLEEVE: &str = "<svg viewBox=\"0 0 300 300\" role=\"img\" aria-label=\"Album sleeve\" width=\"100%\">\
<rect width=\"300\" height=\"300\" fill=\"#1b2436\"/><circle cx=\"205\" cy=\"95\" r=\"48\" fill=\"#f0d9a0\"/>\
<circle cx=\"225\" cy=\"82\" r=\"44\" fill=\"#1b2436\"/><path d=\"M0 235h300v65H0z\" fill=\"#0d1320\"/>\
<path d=\"M20 235v-70h40v70M75 235v-100h30v100M120 235v-55h55v55M190 235v-80h35v80M240 235v-45h45v45\" \
fill=\"#0d1320\"/><g fill=\"#f0d9a0\"><path d=\"M30 180h6v8h-6zM46 200h6v8h-6zM84 155h5v8h-5zM135 195h6v8h-6z\
M200 175h6v8h-6zM255 205h6v8h-6z\"/></g><text x=\"20\" y=\"270\" fill=\"#f0d9a0\" font-family=\"Georgia\" \
font-size=\"18\" textLength=\"260\">MIDNIGHT ON BASIN STREET</text></svg>";

/// `$27.11`, `-$0.05`
pub(super) fn dollars(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let absolute = minor.unsigned_abs();
    format!("{sign}${}.{:02}", absolute / 100, absolute % 100)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} - {STORE}</title><style>{STYLE}</style></head>\n<body><header><div>\
         <a href=\"/\"><strong>{STORE}</strong></a><span>New Orleans, since always</span>\
         <nav aria-label=\"Store\"><a href=\"/\">Records</a><a href=\"/cart\">Cart</a><a href=\"/orders\">Orders</a></nav>\
         </div></header>\n<main>{body}</main>\n\
         <footer>{STORE} - records by mail since 1961 - a demo: nothing here is sold</footer></body></html>\n"
    )
}

pub(super) fn album() -> String {
    let price = dollars(Reference::ALBUM_MINOR);
    let offer = price.trim_start_matches('$');
    page(
        ALBUM,
        &format!(
            "<script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"Product\",\
             \"name\":\"{ALBUM}\",\"brand\":\"{ARTIST}\",\"offers\":{{\"@type\":\"Offer\",\"price\":\"{offer}\",\
             \"priceCurrency\":\"{currency}\"}}}}</script>\
             <div class=\"two\"><div>{SLEEVE}</div><div><h1>{ALBUM}</h1><p class=\"by\">{ARTIST} - vinyl LP</p>\
             <p>Piano, bass and brushes after the last streetcar: nine slow numbers and one that is not, recorded in \
             a single night with the windows open.</p><p class=\"price\">{price}</p>\
             <form method=\"post\" action=\"/cart\"><button>Add to cart</button></form></div></div>",
            currency = Reference::CURRENCY,
        ),
    )
}

/// The order summary as labelled rows. The order total stays what it is, whoever pays it.
fn summary() -> String {
    let row = |label: &str, minor: i64| format!("<tr><th scope=\"row\">{label}</th><td>{}</td></tr>", dollars(minor));
    let rows: String = Reference::rows().iter().map(|of| row(of.label, of.minor)).collect();
    format!(
        "<table class=\"summary\" aria-label=\"Order summary\"><tbody>{rows}<tr class=\"total\">\
         <th scope=\"row\">Order total</th><td id=\"order-total\">{}</td></tr></tbody></table>",
        dollars(Reference::TOTAL_MINOR)
    )
}

pub(super) fn cart() -> String {
    page(
        "Cart",
        &format!(
            "<h1>Your cart</h1><p class=\"by\">One item</p><div class=\"two\"><div class=\"sheet\"><table><tbody>\
             <tr><th scope=\"row\">{ALBUM}<br><small>{ARTIST} - vinyl LP - quantity 1</small></th><td>{}</td></tr>\
             </tbody></table></div><div class=\"sheet\"><h2>Order summary</h2>{}\
             <p><a class=\"button wide\" href=\"/checkout\">Go to checkout</a></p></div></div>",
            dollars(Reference::ALBUM_MINOR),
            summary()
        ),
    )
}

/// `credit_minor` is what gift cards have brought; `None` where the store takes none.
pub(super) fn checkout(order_key: &str, form: &CheckoutForm, credit_minor: Option<i64>, error: Option<&str>) -> String {
    let error =
        error.map_or(String::new(), |error| format!("<p class=\"error\" role=\"alert\">{}</p>", escaped(error)));
    let contact = [
        field("Email", "email", "email", "type=\"email\"", &form.email),
        field("Full name", "name", "shipping name", "", &form.name),
        field("Street address", "address", "shipping street-address", "", &form.address),
        field("City", "city", "shipping address-level2", "", &form.city),
    ]
    .concat();
    let rest_minor = (Reference::TOTAL_MINOR - credit_minor.unwrap_or(0)).max(0);
    let card = if rest_minor > 0 { card_fields(form) } else { "<p>Your gift card pays this order.</p>".to_owned() };
    page(
        "Checkout",
        &format!(
            "<h1>Checkout</h1><p class=\"by\">{ALBUM}, {ARTIST}</p>{error}<form method=\"post\" action=\"/checkout\">\
             <input type=\"hidden\" name=\"order_key\" value=\"{order_key}\"><div class=\"two\">\
             <div class=\"sheet\"><fieldset><legend>Where it goes</legend>{contact}</fieldset>\
             <fieldset><legend>Card</legend>{card}</fieldset></div>\
             <div class=\"sheet\"><h2>Order summary</h2>{}{}<p><button class=\"wide\">Place order</button></p>\
             <p><small>You are charged {} when you place the order.</small></p></div></div></form>{}",
            summary(),
            credit_minor.map_or(String::new(), credit),
            dollars(rest_minor),
            credit_minor.map_or(String::new(), |_| gift_card_form()),
        ),
    )
}

fn field(label: &str, name: &str, autocomplete: &str, extra: &str, value: &str) -> String {
    format!(
        "<label for=\"{name}\">{label}<input id=\"{name}\" name=\"{name}\" autocomplete=\"{autocomplete}\" \
         value=\"{}\" {extra}></label>",
        escaped(value)
    )
}

/// The card's number, date and code are never put back into the page.
fn card_fields(form: &CheckoutForm) -> String {
    let digits = "inputmode=\"numeric\" required";
    [
        field("Name on card", "card_name", "cc-name", "", &form.card_name),
        field("Card number", "card_number", "cc-number", &format!("{digits} maxlength=\"19\""), ""),
        "<div class=\"pair\">".to_owned(),
        field("Expires (MM/YY)", "card_expiry", "cc-exp", "required placeholder=\"MM/YY\"", ""),
        field("Security code", "card_code", "cc-csc", &format!("{digits} maxlength=\"3\""), ""),
        "</div>".to_owned(),
        field("ZIP code", "postal_code", "billing postal-code", "", &form.postal_code),
        "<label for=\"save_card\"><input type=\"checkbox\" id=\"save_card\" name=\"save_card\" value=\"yes\">\
         Keep this card for my next order</label>"
            .to_owned(),
    ]
    .concat()
}

fn credit(credit_minor: i64) -> String {
    let used = credit_minor.min(Reference::TOTAL_MINOR);
    match used {
        0 => String::new(),
        used => format!("<p class=\"good\" id=\"gift-card-applied\">Gift card applied: {}</p>", dollars(used)),
    }
}

/// A form of its own, so that it works without JavaScript; a code is never put back into the page.
fn gift_card_form() -> String {
    let plain = "autocapitalize=\"characters\" spellcheck=\"false\"";
    format!(
        "<form method=\"post\" action=\"/checkout/gift-card\" class=\"sheet\" aria-label=\"Gift card\">\
         <h2>Gift card</h2><div class=\"pair\">{}{}</div><button class=\"plain\">Apply</button></form>",
        field("Gift card code", "gift_card_code", "off", &format!("required {plain}"), ""),
        field("PIN, if there is one", "gift_card_pin", "off", "inputmode=\"numeric\"", "")
    )
}

fn state(order: &Order) -> &'static str {
    let sent = order.shipments.iter().filter(|shipment| shipment.sent).count();
    match &order.state {
        OrderState::Open => "being placed",
        OrderState::Declined { .. } => "not placed",
        OrderState::Cancelled => "cancelled",
        OrderState::Taken if order.refunded_minor > 0 => "refunded",
        OrderState::Taken if sent == order.shipments.len() => "on its way",
        OrderState::Taken if sent > 0 => "partly on its way",
        OrderState::Taken => "confirmed",
    }
}

pub(super) fn order(order: &Order) -> String {
    let (number, state) = (&order.number, state(order));
    let greeting = if order.is_taken() {
        format!("<p class=\"good\" role=\"status\">Thank you. Your order <strong>{number}</strong> is {state}.</p>")
    } else {
        format!("<p class=\"error\" role=\"alert\">Order {number} is {state}.</p>")
    };
    page(
        &format!("Order {number}"),
        &format!(
            "<h1>Order {number}</h1><p class=\"by\">{ALBUM}, {ARTIST}</p>{greeting}<div class=\"sheet\">{}</div>",
            summary()
        ),
    )
}

/// What this store's one shopper has ordered, newest first.
pub(super) fn history(orders: &[Order]) -> String {
    let row = |order: &Order| {
        let number = &order.number;
        let amount = if order.is_taken() { dollars(order.practice.charged_minor()) } else { "-".to_owned() };
        let refunded = match order.refunded_minor {
            0 => String::new(),
            minor => format!("<br><small>{} given back</small>", dollars(minor)),
        };
        format!(
            "<tr><th scope=\"row\"><a href=\"/orders/{number}\">{number}</a><br><small>{ALBUM}, {ARTIST}</small></th>\
             <td>{}</td><td>{amount}{refunded}</td></tr>",
            state(order)
        )
    };
    let rows: String = orders.iter().rev().map(row).collect();
    let list = if rows.is_empty() {
        "<p>Nothing yet. <a href=\"/\">Look at the records</a>.</p>".to_owned()
    } else {
        format!("<table aria-label=\"Your orders\"><tbody>{rows}</tbody></table>")
    };
    page(
        "Your orders",
        &format!("<h1>Your orders</h1><p class=\"by\">Newest first</p><div class=\"sheet\">{list}</div>"),
    )
}

/// For whoever plays the store: every order with what can be done with it.
pub(super) fn back_office(orders: &[Order]) -> String {
    let button = |path: String, label: String| {
        format!("<form method=\"post\" action=\"/back-office/{path}\"><button class=\"plain\">{label}</button></form>")
    };
    let row = |order: &Order| {
        let number = &order.number;
        let mut actions = String::new();
        if order.state == OrderState::Taken {
            for (index, shipment) in order.shipments.iter().enumerate().filter(|(_, shipment)| !shipment.sent) {
                let label = format!("Ship {}", dollars(shipment.minor));
                actions += &button(format!("{number}/ship/{index}"), label);
            }
            actions += &button(format!("{number}/void"), "Void".to_owned());
            if order.captured_minor > order.refunded_minor {
                actions += &button(format!("{number}/refund"), "Refund".to_owned());
            }
        }
        format!(
            "<tr><th scope=\"row\"><a href=\"/orders/{number}\">{number}</a> - {}</th><td>captured {}, refunded {}\
             </td><td>{actions}</td></tr>",
            state(order),
            dollars(order.captured_minor),
            dollars(order.refunded_minor)
        )
    };
    let rows: String = orders.iter().rev().map(row).collect();
    page(
        "Back office",
        &format!(
            "<h1>Back office</h1><p class=\"by\">What a store does with its orders</p>\
                  <div class=\"sheet\"><table><tbody>{rows}</tbody></table></div>"
        ),
    )
}

pub(super) fn message(title: &str, text: &str) -> String {
    let (title, text) = (escaped(title), escaped(text));
    page(&title, &format!("<h1>{title}</h1><p>{text}</p>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_as_a_store_prints_them() {
        for (minor, text) in [(2711, "$27.11"), (5, "$0.05"), (-100, "-$1.00"), (123_456, "$1234.56")] {
            assert_eq!(dollars(minor), text);
        }
    }

    #[test]
    fn the_checkout_says_the_reference_total() {
        let form = CheckoutForm { name: "<b>\"A\" & 'B'</b>".into(), ..CheckoutForm::default() };
        let page = checkout("key", &form, None, Some("Declined <again>"));
        for part in ["$18.60", "$5.99", "$2.52", "$27.11", "cc-number", "cc-exp", "cc-csc", "cc-name", "postal-code"] {
            assert!(page.contains(part), "{part}");
        }
        assert!(page.contains("&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;"));
        assert!(!page.contains("<again>") && !page.contains("gift_card"));
    }

    #[test]
    fn a_gift_card_takes_the_place_of_the_card() {
        let form = CheckoutForm::default();
        let none = checkout("key", &form, Some(0), None);
        assert!(none.contains("gift_card_code") && none.contains("cc-number") && !none.contains("applied"));
        let part = checkout("key", &form, Some(2_000), None);
        assert!(part.contains("Gift card applied: $20.00") && part.contains("You are charged $7.11"));
        assert!(part.contains("cc-number"));
        let all = checkout("key", &form, Some(3_000), None);
        assert!(all.contains("Gift card applied: $27.11") && all.contains("You are charged $0.00"));
        assert!(!all.contains("cc-number"));
    }
}
