//! Where refunds go: BOLT 11 invoices as they are read, and Lightning addresses (LUD-16) that are asked for one
//! (LUD-06).
//!
//! Invariant: an address leads to public hosts only, over https, never into the operator's own network; what comes
//! back is an invoice of our network for exactly the amount that was asked, or nothing.

use accounts::{Hosts, LightningAddress};
use async_trait::async_trait;
use bitcoin::Network;
use ids::{NodeId, PaymentHash, UnixMs};
use lightning_invoice::Bolt11Invoice;
use money::Msat;
use outbound::{BadAddress, Call, HttpClient, Limits, Request, Response, Retry, segment};
use ports::{ForeignInvoice, Outcome, Payees, Rejection};
use serde::Deserialize;
use std::str::FromStr as _;

const LIMITS: Limits = Limits { deadline_ms: 10_000, answer_bytes_max: 64 * 1024 };
/// Characters of an answer's reason that are kept.
const REASON_CHARS_MAX: usize = 200;

pub struct LightningPayees {
    network: Network,
    hosts: Hosts,
}

impl LightningPayees {
    /// `hosts` as the accounts take addresses.
    pub const fn new(network: Network, hosts: Hosts) -> Self {
        Self { network, hosts }
    }
}

#[async_trait]
impl Payees for LightningPayees {
    fn read_invoice(&self, bolt11: &str) -> Result<ForeignInvoice, String> {
        let text = bolt11.trim().to_ascii_lowercase();
        // Reading checks the signature.
        let invoice = Bolt11Invoice::from_str(&text).map_err(|_| "this is no BOLT 11 invoice".to_owned())?;
        if invoice.network() != self.network {
            return Err(format!("the invoice is for {}, not for {}", invoice.network(), self.network));
        }
        let amount_msat = invoice.amount_milli_satoshis().map(Msat::new).transpose();
        let expires_at = invoice.duration_since_epoch().saturating_add(invoice.expiry_time());
        Ok(ForeignInvoice {
            payment_hash: PaymentHash(*invoice.payment_hash().as_ref()),
            payee: NodeId(invoice.get_payee_pub_key().serialize()),
            amount_msat: amount_msat.map_err(|_| "the invoice's amount is impossible".to_owned())?,
            expires_at: UnixMs(u64::try_from(expires_at.as_millis()).unwrap_or(u64::MAX)),
            bolt11: text,
        })
    }

    async fn fetch_invoice(&self, address: &str, amount_msat: Msat) -> Outcome<ForeignInvoice> {
        let Ok(address) = LightningAddress::parse(address, self.hosts) else {
            return Outcome::Rejected(Rejection::fatal("bad_address", "this is no Lightning address"));
        };
        let place = Place::of_address(&address);
        let offer = match ask(&place.base, &Ask { target: place.target, what: "address" }).await {
            Outcome::Done(answer) => offer(answer, amount_msat, self.hosts),
            Outcome::Rejected(r) => Outcome::Rejected(r),
            Outcome::NotSent(why) => Outcome::NotSent(why),
            // Asking for an invoice moves nothing: it may be asked again.
            Outcome::Unknown(why) => Outcome::NotSent(why),
        };
        let callback = match offer {
            Outcome::Done(callback) => callback,
            other => return other.and_then(|_| Outcome::NotSent(String::new())),
        };
        let answer = ask(&callback.base, &Ask { target: callback.target, what: "callback" }).await;
        answer.and_then(|answer| self.invoice_of(&answer, amount_msat))
    }
}

impl LightningPayees {
    fn invoice_of(&self, answer: &Answer, amount_msat: Msat) -> Outcome<ForeignInvoice> {
        let bad = |why: String| Outcome::Rejected(Rejection::retryable("bad_invoice", why));
        let Some(text) = answer.pr.as_deref() else { return bad("the answer has no invoice".to_owned()) };
        match self.read_invoice(text) {
            Ok(invoice) if invoice.amount_msat == Some(amount_msat) => Outcome::Done(invoice),
            Ok(_) => bad("the invoice is for another amount".to_owned()),
            Err(why) => bad(why),
        }
    }
}

/// Scheme and host, then path and query.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    base: String,
    target: String,
}

impl Place {
    /// LUD-16. Only this machine is asked without TLS, and only where the operator allowed it.
    fn of_address(address: &LightningAddress) -> Self {
        let host = address.host();
        let scheme = if is_loopback(host) { "http" } else { "https" };
        Self { base: format!("{scheme}://{host}"), target: format!("/.well-known/lnurlp/{}", segment(address.name())) }
    }

    /// What an answer calls `callback`: of the same rules as the host of an address.
    fn of_callback(url: &str, hosts: Hosts) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let named = LightningAddress::parse(&format!("x@{host}"), hosts).is_ok();
        let safe = scheme == "https" || (scheme == "http" && is_loopback(host));
        let plain = path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\'));
        if !named || !safe || !plain {
            return None;
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self { base: format!("{scheme}://{host}"), target: format!("{slash}{path}") })
    }
}

fn is_loopback(host: &str) -> bool {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// A payee is a stranger's word: its name leads to no address inside. This machine is asked only where the operator
/// allowed it, which the reading of the address has looked at.
fn client(base: &str) -> Result<HttpClient, BadAddress> {
    let (_, host) = base.split_once("://").unwrap_or_default();
    if is_loopback(host) { HttpClient::new(base, LIMITS) } else { HttpClient::public(base, LIMITS) }
}

async fn ask(base: &str, call: &Ask) -> Outcome<Answer> {
    match client(base) {
        Ok(client) => client.run(call, &Retry::never()).await,
        Err(error) => Outcome::NotSent(error.to_string()),
    }
}

struct Ask {
    target: String,
    what: &'static str,
}

/// LUD-06, both answers; every error too is a JSON object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    status: Option<String>,
    reason: Option<String>,
    tag: Option<String>,
    callback: Option<String>,
    min_sendable: Option<u64>,
    max_sendable: Option<u64>,
    pr: Option<String>,
}

impl Call for Ask {
    type Answer = Answer;

    fn build_request(&self) -> Request {
        Request::get(self.target.clone())
    }

    fn handle_response(&self, response: &Response) -> Outcome<Answer> {
        let parsed: Option<Answer> = response.parsed();
        let refused = parsed.as_ref().is_some_and(|answer| answer.status.as_deref() == Some("ERROR"));
        match parsed {
            Some(answer) if response.is_success() && !refused => Outcome::Done(answer),
            // Nobody of that name; everything else may pass.
            _ if response.status == 404 && self.what == "address" => {
                Outcome::Rejected(Rejection::fatal("no_such_address", "nobody has this Lightning address"))
            }
            Some(answer) if refused => {
                let reason: String = answer.reason.unwrap_or_default().chars().take(REASON_CHARS_MAX).collect();
                Outcome::Rejected(Rejection::retryable("refused", format!("the {} answered: {reason}", self.what)))
            }
            _ => Outcome::NotSent(format!("the {} answered with HTTP status {}", self.what, response.status)),
        }
    }
}

/// Where to ask for the invoice, with the amount in it.
fn offer(answer: Answer, amount_msat: Msat, hosts: Hosts) -> Outcome<Place> {
    let refuse = |code, why: String| Outcome::Rejected(Rejection::fatal(code, why));
    if answer.tag.as_deref() != Some("payRequest") {
        return refuse("bad_address", "the address is not one to pay to".to_owned());
    }
    let amount = amount_msat.get();
    let (min, max) = (answer.min_sendable.unwrap_or(1), answer.max_sendable.unwrap_or(u64::MAX));
    if amount < min || amount > max {
        return refuse("amount_not_taken", format!("the address takes {min} to {max} msat, not {amount}"));
    }
    let Some(mut place) = answer.callback.as_deref().and_then(|url| Place::of_callback(url, hosts)) else {
        return refuse("bad_address", "the address leads to a place that is not asked".to_owned());
    };
    place.target.push(if place.target.contains('?') { '&' } else { '?' });
    place.target.push_str(&format!("amount={amount}"));
    Outcome::Done(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(base: &str, target: &str) -> Option<Place> {
        Some(Place { base: base.to_owned(), target: target.to_owned() })
    }

    #[test]
    fn callbacks_lead_to_public_hosts_only() {
        let of = |url| Place::of_callback(url, Hosts::Public);
        assert_eq!(of("https://pay.example/cb?x=1"), place("https://pay.example", "/cb?x=1"));
        assert_eq!(of("https://pay.example"), place("https://pay.example", "/"));
        for bad in [
            "http://pay.example/cb",
            "https://127.0.0.1/cb",
            "https://10.0.0.1/cb",
            "https://localhost/cb",
            "https://user@pay.example/cb",
            "https://pay.example:8080/cb",
            "https://pay.example/cb#x",
            "https://pay.example/a b",
            "ftp://pay.example/cb",
            "pay.example/cb",
            "",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        let local = Place::of_callback("http://127.0.0.1:8080/cb", Hosts::AlsoLocal);
        assert_eq!(local, place("http://127.0.0.1:8080", "/cb"));
    }

    #[test]
    fn an_offer_has_to_take_the_amount() {
        let answer = |text: &str| -> Answer { serde_json::from_str(text).unwrap() };
        let good = r#"{"tag":"payRequest","callback":"https://pay.example/cb?id=1","minSendable":1000,
                       "maxSendable":5000,"metadata":"[]"}"#;
        let asked = |msat| offer(answer(good), Msat::new(msat).unwrap(), Hosts::Public);
        assert_eq!(asked(2_000), Outcome::Done(place("https://pay.example", "/cb?id=1&amount=2000").unwrap()));
        assert!(matches!(asked(999), Outcome::Rejected(r) if r.code == "amount_not_taken" && !r.retryable));
        assert!(matches!(asked(5_001), Outcome::Rejected(_)));
        let withdraw = answer(r#"{"tag":"withdrawRequest","callback":"https://pay.example/cb"}"#);
        assert!(matches!(offer(withdraw, Msat::new(1).unwrap(), Hosts::Public), Outcome::Rejected(_)));
    }

    #[test]
    fn what_is_no_invoice_of_ours_is_refused() {
        let payees = LightningPayees::new(Network::Regtest, Hosts::Public);
        assert!(payees.read_invoice("lnbcrt1nothing").is_err());
        // The first example of BOLT 11: of the main network, "donation of any amount".
        let donation = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfq\
                        qqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7c\
                        k6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
        let error = payees.read_invoice(donation).unwrap_err();
        assert!(error.contains("not for regtest"), "{error}");
        let read = LightningPayees::new(Network::Bitcoin, Hosts::Public).read_invoice(donation).unwrap();
        assert_eq!((read.amount_msat, read.expires_at), (None, UnixMs((1_496_314_658 + 3_600) * 1_000)));
    }

    /// A payee on this machine that answers each request with the next of these bodies.
    async fn payee(answers: Vec<Vec<u8>>) -> String {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let answers = std::sync::Arc::new(std::sync::Mutex::new(std::collections::VecDeque::from(answers)));
        let next = move || {
            let body = answers.lock().unwrap().pop_front().unwrap_or_default();
            async move { String::from_utf8(body).unwrap().replace("@@", &at.to_string()) }
        };
        let router = axum::Router::new().fallback(next);
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("ada@{at}")
    }

    /// Whatever a payee answers, there is no invoice of another amount, no call inside, and the refund can be tried again
    /// or asks for another destination.
    #[tokio::test]
    async fn a_hostile_payee_gets_nothing() {
        let payees = LightningPayees::new(Network::Regtest, Hosts::AlsoLocal);
        let offer = |callback: &str| {
            format!(
                r#"{{"tag":"payRequest","callback":"{callback}","minSendable":1,"maxSendable":9000,"metadata":"[]"}}"#
            )
            .into_bytes()
        };
        let good = offer("http://@@/pay");
        let huge = vec![b' '; LIMITS.answer_bytes_max + 1];
        for (answers, retryable) in [
            (vec![huge.clone()], true),
            (vec![good.clone(), huge], true),
            (vec![good.clone(), br#"{"pr":"lnbcrt1nothing"}"#.to_vec()], true),
            (vec![good.clone(), br#"{"status":"ERROR","reason":"not now"}"#.to_vec()], true),
            (vec![good.clone(), b"<html>".to_vec()], true),
            (vec![offer("http://pay.example/cb")], false),
            (vec![offer("https://10.0.0.1/cb")], false),
            (vec![offer("https://192.168.1.1:8443/cb")], false),
            (vec![br#"{"tag":"withdrawRequest"}"#.to_vec()], false),
        ] {
            let address = payee(answers.clone()).await;
            let answer = payees.fetch_invoice(&address, Msat::new(2_000).unwrap()).await;
            let told = match &answer {
                Outcome::Done(_) => None,
                Outcome::Rejected(refusal) => Some(refusal.retryable),
                Outcome::NotSent(_) | Outcome::Unknown(_) => Some(true),
            };
            assert_eq!(
                told,
                Some(retryable),
                "{answer:?} to {}",
                String::from_utf8_lossy(&answers[0][..40.min(answers[0].len())])
            );
        }
    }
}
