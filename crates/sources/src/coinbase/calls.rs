//! Each thing that Coinbase is asked: what is sent and what the answer means. Pure.

use super::wire::{
    Account, Address, Errors, LoginError, Many, NewAddress, NewSend, One, Pagination, Tokens, Transaction, User,
};
use money::Sat;
use outbound::{Call, Method, Request, Response, form, segment};
use ports::{Outcome, Rejection, Secret};
use serde::de::DeserializeOwned;

/// Entries on a page of a list.
const PAGE: &str = "100";
/// The header of a second factor (OAuth2 2FA).
const SECOND_FACTOR: &str = "cb-2fa-token";

/// A call of the API with whatever authorizes it.
pub struct Authorized<'a, C> {
    pub call: &'a C,
    pub authorization: &'a Secret,
}

/// One thing under `/v2`.
pub trait Ask: Sync {
    type Answer: Send;
    const METHOD: Method;
    fn path(&self) -> String;
    fn fill(&self, request: Request) -> Request {
        request
    }
    fn read(&self, response: &Response) -> Outcome<Self::Answer>;
}

impl<C: Ask> Call for Authorized<'_, C> {
    type Answer = C::Answer;

    fn build_request(&self) -> Request {
        let request = Request::new(C::METHOD, self.call.path());
        self.call.fill(request).secret_header("authorization", self.authorization)
    }

    fn handle_response(&self, response: &Response) -> Outcome<C::Answer> {
        self.call.read(response)
    }
}

/// The token is no good any more: it is refreshed once.
pub const TOKEN_ENDED: &str = "token_ended";
pub const TWO_FACTOR: &str = "two_factor_required";

/// The body of a success, or what the status means (Error Messages).
fn read<T: DeserializeOwned>(response: &Response) -> Outcome<T> {
    let said = response.parsed::<Errors>().unwrap_or_default().errors.into_iter().next();
    let id = said.as_ref().map_or("", |entry| entry.id.as_str());
    let text = || {
        let short: String = said.as_ref().map_or("", |entry| entry.message.as_str()).chars().take(120).collect();
        format!("Coinbase answered {}: {short}", response.status)
    };
    let fatal = |code: &str| Outcome::Rejected(Rejection::fatal(code, text()));
    match (response.status, id) {
        (200 | 201, _) => response.json(),
        (401, _) => fatal(TOKEN_ENDED),
        (402, "two_factor_required") => fatal(TWO_FACTOR),
        (400 | 402 | 403 | 404 | 422, "") => fatal("invalid_request"),
        (400 | 402 | 403 | 404 | 422, id) => fatal(&id.chars().take(40).collect::<String>()),
        (429, _) => Outcome::Rejected(Rejection::retryable("rate_limited", text())),
        (status, _) => Outcome::Unknown(format!("Coinbase answered {status}")),
    }
}

/// Whose account it is.
pub struct ShowUser;

impl Ask for ShowUser {
    type Answer = User;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        "/v2/user".to_owned()
    }

    fn read(&self, response: &Response) -> Outcome<User> {
        read::<One<User>>(response).map(|one| one.data)
    }
}

/// Where a list goes on.
pub fn next_of(pagination: Pagination, last: Option<&str>) -> Option<String> {
    // Either says that there is more; the cursor is the last entry's id.
    let more = pagination.next_starting_after.is_some() || pagination.next_uri.is_some_and(|uri| !uri.is_empty());
    pagination.next_starting_after.or_else(|| last.map(str::to_owned)).filter(|_| more)
}

pub struct ListAccounts {
    pub after: Option<String>,
}

impl Ask for ListAccounts {
    type Answer = (Vec<Account>, Option<String>);
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        "/v2/accounts".to_owned()
    }

    fn fill(&self, request: Request) -> Request {
        let request = request.query(&[("limit", PAGE)]);
        match &self.after {
            Some(after) => request.query(&[("starting_after", after)]),
            None => request,
        }
    }

    fn read(&self, response: &Response) -> Outcome<Self::Answer> {
        read::<Many<Account>>(response).map(|page| {
            let next = next_of(page.pagination, page.data.last().map(|account| account.id.as_str()));
            (page.data, next)
        })
    }
}

pub struct ShowAccount<'a> {
    pub account: &'a str,
}

impl Ask for ShowAccount<'_> {
    type Answer = Account;
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        format!("/v2/accounts/{}", segment(self.account))
    }

    fn read(&self, response: &Response) -> Outcome<Account> {
        read::<One<Account>>(response).map(|one| one.data)
    }
}

/// Transactions of an account, or of one of its addresses; newest first.
pub struct ListTransactions<'a> {
    pub account: &'a str,
    pub address: Option<&'a str>,
    pub after: Option<String>,
}

impl Ask for ListTransactions<'_> {
    type Answer = (Vec<Transaction>, Option<String>);
    const METHOD: Method = Method::Get;

    fn path(&self) -> String {
        let account = segment(self.account);
        match self.address {
            None => format!("/v2/accounts/{account}/transactions"),
            Some(address) => format!("/v2/accounts/{account}/addresses/{}/transactions", segment(address)),
        }
    }

    fn fill(&self, request: Request) -> Request {
        let request = request.query(&[("limit", PAGE), ("order", "desc")]);
        match &self.after {
            Some(after) => request.query(&[("starting_after", after)]),
            None => request,
        }
    }

    fn read(&self, response: &Response) -> Outcome<Self::Answer> {
        read::<Many<Transaction>>(response).map(|page| {
            let next = next_of(page.pagination, page.data.last().map(|entry| entry.id.as_str()));
            (page.data, next)
        })
    }
}

/// Asked again under the same `idem`, it is sent once; with the second factor everything else stays the same.
pub struct SendBitcoin<'a> {
    pub account: &'a str,
    pub to: &'a str,
    pub amount: Sat,
    pub idem: &'a str,
    pub note: &'a str,
    pub code: Option<&'a Secret>,
}

impl Ask for SendBitcoin<'_> {
    type Answer = Transaction;
    const METHOD: Method = Method::Post;

    fn path(&self) -> String {
        format!("/v2/accounts/{}/transactions", segment(self.account))
    }

    fn fill(&self, request: Request) -> Request {
        let request = request.json(&NewSend {
            kind: "send",
            to: self.to,
            amount: self.amount.btc_string(),
            currency: "BTC",
            idem: self.idem,
            description: self.note,
        });
        match self.code {
            Some(code) => request.secret_header(SECOND_FACTOR, code),
            None => request,
        }
    }

    fn read(&self, response: &Response) -> Outcome<Transaction> {
        read::<One<Transaction>>(response).map(|one| one.data)
    }
}

pub struct CreateAddress<'a> {
    pub account: &'a str,
    pub name: &'a str,
}

impl Ask for CreateAddress<'_> {
    type Answer = Address;
    const METHOD: Method = Method::Post;

    fn path(&self) -> String {
        format!("/v2/accounts/{}/addresses", segment(self.account))
    }

    fn fill(&self, request: Request) -> Request {
        request.json(&NewAddress { name: self.name })
    }

    fn read(&self, response: &Response) -> Outcome<Address> {
        read::<One<Address>>(response).map(|one| one.data)
    }
}

/// `POST /oauth2/token` or `/oauth2/revoke`: a form; every value of it is a secret.
pub struct Login<'a> {
    pub path: &'static str,
    pub fields: &'a [(&'a str, &'a str)],
}

impl Login<'_> {
    fn request(&self) -> Request {
        let body = form(self.fields).into_bytes();
        Request::new(Method::Post, self.path).body("application/x-www-form-urlencoded", body)
    }
}

impl Call for Login<'_> {
    type Answer = Option<Tokens>;

    fn build_request(&self) -> Request {
        self.request()
    }

    /// None where the answer has no tokens (a revocation).
    fn handle_response(&self, response: &Response) -> Outcome<Option<Tokens>> {
        match response.status {
            200 if self.path == super::link::REVOKE => Outcome::Done(None),
            200 => response.json::<Tokens>().map(Some),
            400 | 401 => {
                let said = response.parsed::<LoginError>().unwrap_or_default().error;
                let code: String = if said.is_empty() { "refused".to_owned() } else { said.chars().take(40).collect() };
                Outcome::Rejected(Rejection::fatal(&code, format!("Coinbase's login answered {}", response.status)))
            }
            429 => Outcome::Rejected(Rejection::retryable("rate_limited", "too many log-ins")),
            status => Outcome::Unknown(format!("Coinbase's login answered {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
        match outcome {
            Outcome::Rejected(r) => format!("{}{}", r.code, if r.retryable { " later" } else { "" }),
            Outcome::Unknown(_) => "unknown".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn statuses() {
        let with = |id: &str| format!(r#"{{"errors":[{{"id":"{id}","message":"m"}}]}}"#);
        for (status, body, expected) in [
            (200, "7".to_owned(), "Done(7)"),
            (201, "7".to_owned(), "Done(7)"),
            (201, "{".to_owned(), "unknown"),
            (401, with("expired_token"), "token_ended"),
            (401, "no".to_owned(), "token_ended"),
            (402, with("two_factor_required"), "two_factor_required"),
            (402, with("other"), "other"),
            (400, with("validation_error"), "validation_error"),
            (400, String::new(), "invalid_request"),
            (403, with("invalid_scope"), "invalid_scope"),
            (429, with("rate_limit_exceeded"), "rate_limited later"),
            (409, String::new(), "unknown"),
            (500, with("internal_server_error"), "unknown"),
        ] {
            assert_eq!(told(read::<u32>(&Response::new(status, body.as_bytes()))), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_send_is_the_same_with_and_without_the_code() {
        let code = Secret::new("123456".to_owned());
        let send = |code| SendBitcoin {
            account: "a",
            to: "x@example.com",
            amount: Sat::new(496_758).unwrap(),
            idem: "i",
            note: "n",
            code,
        };
        let fill = |code| send(code).fill(Request::new(Method::Post, "/"));
        let (plain, coded) = (fill(None), fill(Some(&code)));
        assert_eq!(plain.bytes(), coded.bytes());
        assert_eq!((plain.header_value("cb-2fa-token"), coded.header_value("cb-2fa-token")), (None, Some("123456")));
        let body: serde_json::Value = serde_json::from_slice(plain.bytes()).unwrap();
        assert_eq!(
            (&body["amount"], &body["currency"], &body["type"]),
            (&"0.00496758".into(), &"BTC".into(), &"send".into())
        );
    }

    #[test]
    fn lists_go_on_while_the_vendor_says_so() {
        let page = |uri: Option<&str>, after: Option<&str>| Pagination {
            next_uri: uri.map(str::to_owned),
            next_starting_after: after.map(str::to_owned),
        };
        assert_eq!(next_of(page(None, None), Some("last")), None);
        assert_eq!(next_of(page(Some(""), None), Some("last")), None);
        assert_eq!(next_of(page(Some("/v2/x"), None), Some("last")).as_deref(), Some("last"));
        assert_eq!(next_of(page(None, Some("c")), Some("last")).as_deref(), Some("c"));
    }
}
