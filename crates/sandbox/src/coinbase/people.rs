//! Coinbase's users: their bitcoin, what they let applications do, and what they send each other.
//!
//! Invariant: a send takes the bitcoin from its sender at once, and gives it to the recipient when it completes or back
//! when it is cancelled: none is made, none is lost.

use std::collections::HashMap;

use super::{Desk, Exchange, decimal::of_size, products::BASE};
use crate::vendor::{ids, lock};

/// What becomes of the sends that are made from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sends {
    /// Completed at once, as between Coinbase's users.
    #[default]
    Instant,
    /// Both sides see it as pending until it is finished or cancelled.
    Pending,
    /// Only the sender sees it until then.
    Delayed,
}

/// A user of the simulated Coinbase.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub email: String,
    pub balance_sat: u64,
    /// The code that a send by an application needs.
    pub second_factor: Option<String>,
}

#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) balance_sat: u64,
    pub(crate) second_factor: Option<String>,
}

/// Who may ask the shoppers.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
}

/// A page that waits for the user's yes.
pub(crate) struct Consent {
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) challenge: Option<String>,
}

pub(crate) struct Grant {
    pub(crate) user: String,
    pub(crate) consent: Consent,
    pub(crate) ends_ms: i64,
}

/// One pair of tokens; the refresh token is good once.
pub(crate) struct Session {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) user: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) ends_ms: i64,
    pub(crate) live: bool,
    pub(crate) refreshed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Operator,
    User(String),
    /// An address that is nobody's here.
    Elsewhere(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Completed,
    Pending,
    Delayed,
    Canceled,
}

pub(crate) struct Sent {
    /// As the sender sees it, and as the recipient does.
    pub(crate) id: String,
    pub(crate) received_id: String,
    pub(crate) from: Party,
    pub(crate) to: Party,
    /// The address that it went to, when it went on the chain.
    pub(crate) address: Option<String>,
    pub(crate) sat: u64,
    pub(crate) stage: Stage,
    pub(crate) idem: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) made_ms: i64,
}

#[derive(Default)]
pub(crate) struct People {
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) consents: HashMap<String, Consent>,
    pub(crate) grants: HashMap<String, Grant>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) sent: Vec<Sent>,
    /// Identifier, address.
    pub(crate) addresses: Vec<(String, String)>,
    pub(crate) sends: Sends,
    pub(crate) notes_shown: bool,
    pub(crate) operator_email: String,
}

impl People {
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn recipient(&self, to: &str) -> (Party, Option<String>) {
        if to == self.operator_email {
            return (Party::Operator, None);
        }
        if let Some(user) = self.users.iter().find(|user| user.email == to) {
            return (Party::User(user.id.clone()), None);
        }
        if self.addresses.iter().any(|(_, address)| address == to) {
            return (Party::Operator, Some(to.to_owned()));
        }
        (Party::Elsewhere(to.to_owned()), (!to.contains('@')).then(|| to.to_owned()))
    }
}

impl Desk {
    /// Changes what a party has; false if it would be less than nothing.
    pub(crate) fn move_sat(&self, people: &mut People, party: &Party, sat: i64) -> bool {
        match party {
            Party::Elsewhere(_) => true,
            Party::Operator => {
                let mut engine = lock(&self.engine);
                if sat < 0 && engine.available(BASE) < of_size(-sat) {
                    return false;
                }
                *engine.balances.entry(BASE).or_default() += of_size(sat);
                true
            }
            Party::User(id) => {
                let Some(user) = people.users.iter_mut().find(|user| user.id == *id) else { return false };
                match user.balance_sat.checked_add_signed(sat) {
                    Some(left) => {
                        user.balance_sat = left;
                        true
                    }
                    None => false,
                }
            }
        }
    }

    fn end_sends(&self, stage: Stage) {
        let mut people = lock(&self.people);
        for at in 0..people.sent.len() {
            let sent = &mut people.sent[at];
            if !matches!(sent.stage, Stage::Pending | Stage::Delayed) {
                continue;
            }
            sent.stage = stage;
            let to = if stage == Stage::Canceled { sent.from.clone() } else { sent.to.clone() };
            let sat = i64::try_from(sent.sat).unwrap_or(i64::MAX);
            self.move_sat(&mut people, &to, sat);
        }
    }
}

/// The driver.
impl Exchange {
    /// An OAuth client with where it is sent back to: its id and secret.
    pub fn add_client(&self, redirect_uri: &str) -> (String, String) {
        let client = Client { id: ids::uuid(), secret: ids::base64_key(32), redirect_uri: redirect_uri.to_owned() };
        let handed_out = (client.id.clone(), client.secret.clone());
        lock(&self.desk.people).clients.push(client);
        handed_out
    }

    /// Its identifier.
    pub fn add_user(&self, new: NewUser) -> String {
        let user = User {
            id: ids::uuid(),
            account: ids::uuid(),
            name: new.name,
            email: new.email,
            balance_sat: new.balance_sat,
            second_factor: new.second_factor,
        };
        let id = user.id.clone();
        lock(&self.desk.people).users.push(user);
        id
    }

    /// Of the account that the exchange is, for sends to it.
    pub fn operator_email(&self) -> String {
        lock(&self.desk.people).operator_email.clone()
    }

    /// A second key of the operator's account, which may look and transfer but not trade: name and PEM.
    pub fn wallet_key(&self) -> (&str, &str) {
        (&self.desk.wallet_key.name, &self.desk.wallet_key.private_pem)
    }

    pub fn set_sends(&self, sends: Sends) {
        lock(&self.desk.people).sends = sends;
    }

    /// The recipient's side shows the sender's note: nobody has promised that.
    pub fn show_notes(&self, shown: bool) {
        lock(&self.desk.people).notes_shown = shown;
    }

    pub fn set_second_factor(&self, user: &str, code: Option<&str>) {
        let mut people = lock(&self.desk.people);
        if let Some(user) = people.users.iter_mut().find(|known| known.id == user) {
            user.second_factor = code.map(str::to_owned);
        }
    }

    /// What was under way arrives.
    pub fn finish_sends(&self) {
        self.desk.end_sends(Stage::Completed);
    }

    /// What was under way goes back to its sender.
    pub fn cancel_sends(&self) {
        self.desk.end_sends(Stage::Canceled);
    }

    /// Every access token ends now; refresh tokens stay good.
    pub fn end_tokens(&self) {
        let now_ms = self.desk.clock.now_ms();
        lock(&self.desk.people).sessions.iter_mut().for_each(|session| session.ends_ms = now_ms);
    }

    /// As a user in its settings: the application can do nothing any more.
    pub fn disconnect(&self, user: &str) {
        let mut people = lock(&self.desk.people);
        people.sessions.iter_mut().filter(|session| session.user == user).for_each(|session| session.live = false);
    }

    pub fn user_sat(&self, user: &str) -> Option<u64> {
        lock(&self.desk.people).user(user).map(|user| user.balance_sat)
    }

    /// Sends that were ever made, those that were cancelled too.
    pub fn sends(&self) -> usize {
        lock(&self.desk.people).sent.len()
    }

    /// Sessions that can still do something.
    pub fn live_sessions(&self) -> usize {
        lock(&self.desk.people).sessions.iter().filter(|session| session.live && !session.refreshed).count()
    }
}
