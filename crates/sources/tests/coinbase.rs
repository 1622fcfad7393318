//! The linked Coinbase account against the simulated Coinbase: the suite of every source, then what is Coinbase's own.

mod conformance;

use async_trait::async_trait;
use conformance::{Trouble, World, request};
use exchanges::coinbase::Keys;
use ids::{AccountId, UnixMs};
use outbound::{Limits, Retry};
use ports::{
    AccountLinks, Clock, FundsStatus, FundsTarget, LinkError, Outcome, PaidFirstSource, RecordStore, Secret,
    StoreError, StoredRecord,
};
use sandbox::VendorClock;
use sandbox::coinbase::{Exchange, ExchangeConfig, NewUser, Sends};
use sandbox::faults::Fault;
use sources::coinbase::{CoinbaseLink, CoinbaseLinkConfig, Outside, Receive, RequestToken};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const SHOPPER: AccountId = AccountId([7; 16]);
const SEND: &str = "POST /v2/accounts/{account_id}/transactions";
const REDIRECT: &str = "https://anytill.example/v1/linked/coinbase/callback";

const NOW_MS: i64 = 1_795_000_000_000;

/// Both sides' clocks stand still.
struct Still;

impl Clock for Still {
    fn now(&self) -> UnixMs {
        UnixMs(NOW_MS.unsigned_abs())
    }
}

/// By kind and name: version and body.
type Kept = BTreeMap<(String, String), (u64, Vec<u8>)>;

#[derive(Default)]
struct Memory(Mutex<Kept>);

#[async_trait]
impl RecordStore for Memory {
    async fn record(&self, kind: &str, id: &str) -> Result<Option<StoredRecord>, StoreError> {
        let found = self.0.lock().unwrap().get(&(kind.to_owned(), id.to_owned())).cloned();
        Ok(found.map(|(version, body)| StoredRecord { version, body: body.into() }))
    }

    async fn put_record(&self, kind: &str, id: &str, expected: u64, body: &[u8]) -> Result<bool, StoreError> {
        let mut all = self.0.lock().unwrap();
        let name = (kind.to_owned(), id.to_owned());
        let now = all.get(&name).map_or(0, |(version, _)| *version);
        if now == expected {
            all.insert(name, (expected + 1, body.to_vec()));
        }
        Ok(now == expected)
    }

    async fn remove_record(&self, kind: &str, id: &str, expected: u64) -> Result<bool, StoreError> {
        let mut all = self.0.lock().unwrap();
        let name = (kind.to_owned(), id.to_owned());
        let there = all.get(&name).is_some_and(|(version, _)| *version == expected);
        if there {
            all.remove(&name);
        }
        Ok(there)
    }
}

struct Operator(Keys);

impl RequestToken for Operator {
    fn token(&self, method: &str, place: &str, now: UnixMs) -> Secret {
        self.0.token(method, place, now, now.plus_ms(60_000))
    }
}

struct Coinbase {
    exchange: Exchange,
    link: Arc<CoinbaseLink>,
    records: Arc<Memory>,
    config: CoinbaseLinkConfig,
    user: String,
}

impl Coinbase {
    /// With nothing linked.
    async fn unlinked(receive: impl FnOnce(&Exchange) -> Receive) -> Self {
        let clock = VendorClock::new(|| NOW_MS);
        let config = ExchangeConfig { clock, private_per_second: None, ..ExchangeConfig::default() };
        let exchange = Exchange::start(config).await.unwrap();
        let (client_id, client_secret) = exchange.add_client(REDIRECT);
        let user = exchange.add_user(NewUser {
            name: "A Shopper".to_owned(),
            email: "shopper@example.com".to_owned(),
            balance_sat: 5_000_000,
            second_factor: None,
        });
        let config = CoinbaseLinkConfig {
            api_url: exchange.url(),
            login_url: exchange.url(),
            client_id,
            client_secret: Secret::new(client_secret),
            redirect_uri: REDIRECT.to_owned(),
            receive: receive(&exchange),
            send_limit: Some((500, "USD".to_owned())),
        };
        let records = Arc::new(Memory::default());
        let link = Arc::new(Self::adapter(&exchange, &config, &records));
        Self { exchange, link, records, config, user }
    }

    fn adapter(exchange: &Exchange, config: &CoinbaseLinkConfig, records: &Arc<Memory>) -> CoinbaseLink {
        let (name, pem) = exchange.wallet_key();
        let keys = Keys::new(&Secret::new(name.to_owned()), &Secret::new(pem.to_owned())).unwrap();
        let outside = Outside { operator: Arc::new(Operator(keys)), records: records.clone(), clock: Arc::new(Still) };
        let retry = Retry { attempts_max: 2, first_wait_ms: 1, ..Retry::never() };
        let limits = Limits { deadline_ms: 5_000, ..Limits::default() };
        CoinbaseLink::new(config.clone(), limits, retry, outside).unwrap()
    }

    async fn linked() -> Self {
        let world = Self::unlinked(|exchange| Receive::Email(exchange.operator_email())).await;
        world.link_it().await.unwrap();
        world
    }

    /// Another user's, for the same shopper.
    async fn link_another(&self) {
        let email = "another@example.com";
        let (name, balance_sat) = ("Another".to_owned(), 5_000_000);
        self.exchange.add_user(NewUser { name, email: email.to_owned(), balance_sat, second_factor: None });
        let begun = self.link.begin(SHOPPER).await.unwrap();
        let (state, code) = press_as(email, &begun.authorize_url, "approve").await;
        self.link.finish(&state, &Secret::new(code)).await.unwrap();
    }

    async fn link_it(&self) -> Result<(), LinkError> {
        let begun = self.link.begin(SHOPPER).await?;
        let (state, code) = press(&begun.authorize_url, "approve").await;
        self.link.finish(&state, &Secret::new(code)).await
    }
}

/// All of what was paid, back.
fn refund_of(paid: &ports::FundsRequest) -> ports::FundsRefund {
    ports::FundsRefund {
        to: None,
        key: ids::IdempotencyKey("refund".to_owned()),
        paid_under: paid.key.clone(),
        account: SHOPPER,
        amount_msat: paid.amount_msat,
        taken_msat_max: money::Msat::ZERO,
        despite_loss: false,
        asked_since: Still.now(),
    }
}

/// What the user's browser does: state, and the code or the error.
async fn press(authorize_url: &str, decision: &str) -> (String, String) {
    press_as("shopper@example.com", authorize_url, decision).await
}

async fn press_as(email: &str, authorize_url: &str, decision: &str) -> (String, String) {
    let pressed = sandbox::coinbase::press(authorize_url, email, decision).await.unwrap();
    let query = pressed.split_once('?').unwrap().1;
    let of = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.unwrap_or_default().to_owned()
    };
    let code = of("code");
    (of("state"), if code.is_empty() { of("error") } else { code })
}

impl World for Coinbase {
    fn source(&self) -> Arc<dyn PaidFirstSource> {
        self.link.clone()
    }

    fn account(&self) -> AccountId {
        SHOPPER
    }

    fn now(&self) -> UnixMs {
        Still.now()
    }

    fn trouble(&self, trouble: Trouble, times: usize) {
        let fault = match trouble {
            Trouble::AnswerLost => Fault::DropAfter,
            Trouble::Refused => Fault::Refuse { status: 400, message: "no".to_owned() },
            Trouble::RateLimited => Fault::Refuse { status: 429, message: String::new() },
            Trouble::Down => Fault::Status(503),
        };
        self.exchange.faults().clear();
        for _ in 0..times {
            self.exchange.faults().next(SEND, fault.clone());
        }
    }

    fn ask_second_factor(&self, code: Option<&str>) {
        self.exchange.set_second_factor(&self.user, code);
    }

    fn hold_sends(&self) {
        self.exchange.set_sends(Sends::Pending);
    }

    fn finish(&self) {
        self.exchange.finish_sends();
    }

    fn cancel(&self) {
        self.exchange.cancel_sends();
    }

    fn sends(&self) -> usize {
        self.exchange.sends()
    }

    fn shopper_sat(&self) -> u64 {
        self.exchange.user_sat(&self.user).unwrap()
    }
}

macro_rules! conforms {
    ($($name:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            conformance::$name(&Coinbase::linked().await).await;
        })+
    };
}

conforms!(
    the_same_key_sends_once,
    a_lost_answer_is_found,
    refusals_unwind_and_the_rest_does_not,
    the_second_factor_is_the_same_request_again,
    nothing_counts_before_it_is_final,
    an_old_request_sends_nothing,
    a_refund_is_sent_once,
);

#[tokio::test]
async fn it_is_the_same_where_notes_are_shown() {
    let world = Coinbase::linked().await;
    world.exchange.show_notes(true);
    conformance::the_same_key_sends_once(&world).await;
}

#[tokio::test]
async fn it_is_the_same_by_address() {
    let world = Coinbase::unlinked(|_| Receive::Address).await;
    world.link_it().await.unwrap();
    conformance::the_same_key_sends_once(&world).await;
}

#[tokio::test]
async fn a_link_is_begun_once_and_for_one_account() {
    let world = Coinbase::unlinked(|exchange| Receive::Email(exchange.operator_email())).await;
    assert_eq!(world.link.linked(SHOPPER).await, Ok(None));
    let begun = world.link.begin(SHOPPER).await.unwrap();
    for part in [
        "scope=wallet%3Aaccounts%3Aread%2Cwallet%3Atransactions%3Aread%2Cwallet%3Atransactions%3Asend%2Cwallet%3Auser%3Aemail%2Coffline_access",
        "code_challenge_method=S256",
        "meta%5Bsend_limit_amount%5D=500",
    ] {
        assert!(begun.authorize_url.contains(part), "{part}: {}", begun.authorize_url);
    }
    let (state, code) = press(&begun.authorize_url, "approve").await;
    let code = Secret::new(code);
    for wrong in ["", "x", &state[..state.len() - 1], &format!("{}.x", AccountId([8; 16]))] {
        assert_eq!(world.link.finish(wrong, &code).await, Err(LinkError::UnknownState), "{wrong}");
    }
    world.link.finish(&state, &code).await.unwrap();
    assert_eq!(world.link.finish(&state, &code).await, Err(LinkError::UnknownState), "used up");
    let linked = world.link.linked(SHOPPER).await.unwrap().unwrap();
    assert_eq!((linked.name.as_deref(), linked.available.map(|sat| sat.get())), (Some("A Shopper"), Some(5_000_000)));
    assert_eq!(world.link.linked(AccountId([8; 16])).await, Ok(None));
    // A new one ends the one that was begun before, and a no links nothing.
    let (first, second) = (world.link.begin(SHOPPER).await.unwrap(), world.link.begin(SHOPPER).await.unwrap());
    let (old_state, old_code) = press(&first.authorize_url, "approve").await;
    assert_eq!(world.link.finish(&old_state, &Secret::new(old_code)).await, Err(LinkError::UnknownState));
    let (state, error) = press(&second.authorize_url, "deny").await;
    assert_eq!(error, "access_denied");
    world.link.refused(&state).await.unwrap();
    assert_eq!(world.link.refused(&state).await, Err(LinkError::UnknownState));
}

#[tokio::test]
async fn a_token_that_ended_is_refreshed_and_the_new_one_is_kept() {
    let world = Coinbase::linked().await;
    for round in 0..3 {
        world.exchange.end_tokens();
        let asked = request(&world, &format!("round {round}"));
        assert_eq!(world.link.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
        // Another process, or this one after a restart, goes on with what was kept.
        let again = Coinbase::adapter(&world.exchange, &world.config, &world.records);
        assert!(again.linked(SHOPPER).await.unwrap().unwrap().available.is_some());
        assert_eq!(world.exchange.live_sessions(), 1);
    }
}

#[tokio::test]
async fn two_refreshes_at_once_lose_no_token() {
    let world = Coinbase::linked().await;
    let other = Coinbase::adapter(&world.exchange, &world.config, &world.records);
    world.exchange.end_tokens();
    let asks = (0..8).map(|n| {
        let by = if n % 2 == 0 { world.link.as_ref() } else { &other };
        async move { by.linked(SHOPPER).await }
    });
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Some(_)))), "{answers:?}");
    assert!(world.link.linked(SHOPPER).await.unwrap().unwrap().available.is_some());
    assert_eq!(world.exchange.live_sessions(), 1);
}

#[tokio::test]
async fn a_refresh_without_an_answer_asks_nothing_of_the_account() {
    let world = Coinbase::linked().await;
    world.exchange.end_tokens();
    world.exchange.faults().next("POST /oauth2/token", Fault::Status(503));
    let asked = request(&world, "no token");
    assert!(matches!(world.link.request(&asked).await, Outcome::NotSent(_)));
    assert_eq!(world.link.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
    // The answer with the new token is lost: the old one is used up, and the shopper has to link again.
    world.exchange.end_tokens();
    world.exchange.faults().next("POST /oauth2/token", Fault::DropAfter);
    assert!(matches!(world.link.request(&request(&world, "lost")).await, Outcome::NotSent(_)));
    let refused = world.link.request(&request(&world, "lost")).await;
    assert!(matches!(&refused, Outcome::Rejected(refusal) if refusal.code == "not_linked"), "{refused:?}");
    assert_eq!(world.link.serves(SHOPPER).await, Outcome::Done(false));
    world.link_it().await.unwrap();
    assert_eq!(world.link.request(&request(&world, "lost")).await, Outcome::Done(FundsTarget::UnderWay));
}

#[tokio::test]
async fn unlinking_revokes_and_what_is_late_is_still_found() {
    let world = Coinbase::linked().await;
    world.exchange.set_sends(Sends::Delayed);
    let late = request(&world, "late");
    assert_eq!(world.link.request(&late).await, Outcome::Done(FundsTarget::UnderWay));
    world.exchange.faults().next("POST /oauth2/revoke", Fault::Status(503));
    assert!(matches!(world.link.unlink(SHOPPER).await, Err(LinkError::Unavailable(_))));
    assert_eq!(world.link.serves(SHOPPER).await, Outcome::Done(true), "nothing was forgotten");
    for _ in 0..2 {
        world.link.unlink(SHOPPER).await.unwrap();
    }
    assert_eq!((world.exchange.live_sessions(), world.link.linked(SHOPPER).await), (0, Ok(None)));
    assert_eq!(world.link.status(&late).await, Outcome::Done(FundsStatus::Waiting));
    world.exchange.finish_sends();
    assert_eq!(world.link.status(&late).await, Outcome::Done(FundsStatus::Final { amount_msat: late.amount_msat }));
}

#[tokio::test]
async fn what_may_have_left_is_waited_for_although_nobody_can_be_asked() {
    let world = Coinbase::linked().await;
    let asked = request(&world, "gone meanwhile");
    world.trouble(Trouble::AnswerLost, 1);
    assert!(matches!(world.link.request(&asked).await, Outcome::Unknown(_)));
    world.link.unlink(SHOPPER).await.unwrap();
    assert_eq!(world.link.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(world.link.status(&asked).await, Outcome::Done(FundsStatus::Final { amount_msat: asked.amount_msat }));
}

#[tokio::test]
async fn a_refund_that_may_have_left_is_repeated_to_where_it_went() {
    let world = Coinbase::linked().await;
    let paid = request(&world, "r");
    assert_eq!(world.link.request(&paid).await, Outcome::Done(FundsTarget::UnderWay));
    let refund = refund_of(&paid);
    world.trouble(Trouble::Down, 1);
    assert!(matches!(world.link.refund(&refund).await, Outcome::Unknown(_)));
    world.link.unlink(SHOPPER).await.unwrap();
    let before = world.shopper_sat();
    let sent = ports::FundsRefundStatus::Sent { fee_msat: money::Msat::ZERO, taken_msat: money::Msat::ZERO };
    assert_eq!(world.link.refund(&refund).await, Outcome::Done(sent));
    assert_eq!((world.sends(), world.shopper_sat() - before), (2, 496_758));
    // Nothing was tried of this one: it asks for another destination.
    let other = ports::FundsRefund { key: ids::IdempotencyKey("other".to_owned()), ..refund };
    assert!(matches!(world.link.refund(&other).await, Outcome::Rejected(_)));
}

/// A thief with the token of a device can link an account, and no more.
#[tokio::test]
async fn what_one_account_paid_goes_back_to_no_other() {
    let world = Coinbase::linked().await;
    let paid = request(&world, "paid");
    assert_eq!(world.link.request(&paid).await, Outcome::Done(FundsTarget::UnderWay));
    world.link_another().await;
    assert_eq!(world.link.pays_back(SHOPPER, &paid.key).await, Outcome::Done(false));
    let refund = refund_of(&paid);
    let refused = world.link.refund(&refund).await;
    assert!(matches!(&refused, Outcome::Rejected(refusal) if refusal.code == "not_linked"), "{refused:?}");
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn what_may_have_left_one_account_is_sent_from_no_other() {
    let world = Coinbase::linked().await;
    let asked = request(&world, "asked");
    world.trouble(Trouble::AnswerLost, 1);
    assert!(matches!(world.link.request(&asked).await, Outcome::Unknown(_)));
    world.link_another().await;
    assert_eq!(world.link.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(world.sends(), 1);
    assert_eq!(world.link.status(&asked).await, Outcome::Done(FundsStatus::Final { amount_msat: asked.amount_msat }));
}

#[tokio::test]
async fn a_refusal_says_nothing_of_a_try_that_may_have_left() {
    let world = Coinbase::linked().await;
    let asked = request(&world, "asked");
    world.trouble(Trouble::Down, 1);
    assert!(matches!(world.link.request(&asked).await, Outcome::Unknown(_)));
    world.trouble(Trouble::Refused, 1);
    assert_eq!(world.link.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
}

#[tokio::test]
async fn a_secret_of_the_servers_that_is_wrong_ends_no_link() {
    let world = Coinbase::linked().await;
    let wrong = CoinbaseLinkConfig { client_secret: Secret::new("another".to_owned()), ..world.config.clone() };
    let link = Coinbase::adapter(&world.exchange, &wrong, &world.records);
    world.exchange.end_tokens();
    assert!(matches!(link.request(&request(&world, "asked")).await, Outcome::NotSent(_)));
    assert!(matches!(link.unlink(SHOPPER).await, Err(LinkError::Unavailable(_))));
    assert_eq!(world.link.serves(SHOPPER).await, Outcome::Done(true));
    assert_eq!(world.link.request(&request(&world, "asked")).await, Outcome::Done(FundsTarget::UnderWay));
}

#[tokio::test]
async fn linking_the_same_account_again_leaves_it_linked() {
    let world = Coinbase::linked().await;
    world.link_it().await.unwrap();
    assert_eq!(world.link.request(&request(&world, "asked")).await, Outcome::Done(FundsTarget::UnderWay));
}

#[tokio::test]
async fn what_the_user_disconnects_is_not_linked_any_more() {
    let world = Coinbase::linked().await;
    world.exchange.disconnect(&world.user);
    let refused = world.link.request(&request(&world, "gone")).await;
    assert!(matches!(&refused, Outcome::Rejected(refusal) if refusal.code == "not_linked"), "{refused:?}");
    assert_eq!(world.link.linked(SHOPPER).await, Ok(None));
}

#[tokio::test]
async fn health_says_what_the_operator_has() {
    let world = Coinbase::linked().await;
    let told = world.link.health().await;
    assert!(matches!(&told, Outcome::Done(text) if text.contains("by e-mail address")), "{told:?}");
    assert_eq!(world.link.balance().await.done().map(|sat| sat.get()), Some(100_000_000));
}
