//! Where refunds go, and how that can be changed.
//!
//! Invariants:
//! - A destination takes the password, the first one too: nothing here takes one without a proof. The first is in force
//!   at once.
//! - Another one in its place is shown to every device, and waits; until then the old one stays in force and every
//!   device can call the change off.
//!
//! So a stolen token directs no refund, owed or to come. What a thief can do with it: call off a change that waits.

use crate::devices::Authenticated;
use crate::error::{AccountError, invalid};
use crate::log_in::PasswordProof;
use crate::profile::Profile;
use crate::service::Accounts;
use ids::{AccountId, DeviceId, UnixMs};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// 72 hours.
pub const REFUND_CHANGE_DELAY_MS: u64 = 72 * 60 * 60 * 1_000;
/// RFC 1035, 2.3.4.
const HOST_LEN_MAX: usize = 253;
const LABEL_LEN_MAX: usize = 63;
/// RFC 5321, 4.5.3.1.1: LUD-16 says that the name is that of an e-mail address.
const NAME_LEN_MAX: usize = 64;

/// Where money that is owed goes. More ways come as more variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RefundDestination {
    LightningAddress { address: LightningAddress },
}

/// `name@host` (LUD-16), lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LightningAddress(String);

/// Which hosts an address may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Domain names, onion names among them.
    Public,
    /// Also this machine, with a port, for trying things out.
    AlsoLocal,
}

impl LightningAddress {
    /// LUD-16: `a-z0-9-_.` and `+` in the name. No IP address: it would be a way into the operator's network.
    pub fn parse(text: &str, hosts: Hosts) -> Result<Self, AccountError> {
        const FIELD: &str = "lightning_address";
        let text = text.trim().to_ascii_lowercase();
        let Some((name, host)) = text.split_once('@') else {
            return invalid(FIELD, "looks like name@domain");
        };
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'+');
        if name.is_empty() || name.len() > NAME_LEN_MAX || !name.bytes().all(good) {
            return invalid(FIELD, "the name before the @ has letters, digits and - _ . + only");
        }
        let allowed = is_domain(host) || (hosts == Hosts::AlsoLocal && is_local(host));
        if !allowed {
            return invalid(FIELD, "after the @ comes a domain, such as example.com");
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn name(&self) -> &str {
        self.0.split_once('@').expect("checked when it was made").0
    }

    /// With a port for one of this machine's only.
    pub fn host(&self) -> &str {
        self.0.split_once('@').expect("checked when it was made").1
    }
}

/// Two labels or more, of letters, digits and inner hyphens; the last is no number, which would be an IP address.
fn is_domain(host: &str) -> bool {
    let good_label = |label: &str| {
        (1..=LABEL_LEN_MAX).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    let local = matches!(last, "localhost" | "local" | "internal");
    host.len() <= HOST_LEN_MAX
        && host.contains('.')
        && host.split('.').all(good_label)
        && !last.bytes().all(|b| b.is_ascii_digit())
        && !last.starts_with("0x")
        && !local
}

fn is_local(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let loopback = name == "localhost" || matches!(name.parse(), Ok(IpAddr::V4(ip)) if ip.is_loopback());
    // The digits themselves: `parse` would take a sign.
    loopback && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

impl TryFrom<String> for LightningAddress {
    type Error = AccountError;
    fn try_from(text: String) -> Result<Self, AccountError> {
        // Whether it may be local was decided when it was set.
        Self::parse(&text, Hosts::AlsoLocal)
    }
}

impl From<LightningAddress> for String {
    fn from(address: LightningAddress) -> String {
        address.0
    }
}

impl fmt::Display for LightningAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LightningAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LightningAddress(..@{})", self.host())
    }
}

/// What is in force and what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundSetting {
    in_force: Option<InForce>,
    waiting: Option<WaitingChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct InForce {
    destination: RefundDestination,
    since_ms: UnixMs,
    /// The password was given for it. Always so now; older records may hold one that a token alone has set.
    proven: bool,
}

/// A change that every device sees and can call off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingChange {
    pub destination: RefundDestination,
    pub asked_at_ms: UnixMs,
    pub asked_by: DeviceId,
    pub in_force_at_ms: UnixMs,
}

impl RefundSetting {
    /// As it is at a time: a change whose time has come is in force.
    pub fn at(&self, now: UnixMs) -> Self {
        match &self.waiting {
            Some(change) if change.in_force_at_ms <= now => Self {
                in_force: Some(InForce {
                    destination: change.destination.clone(),
                    since_ms: change.in_force_at_ms,
                    proven: true,
                }),
                waiting: None,
            },
            _ => self.clone(),
        }
    }

    /// For a purchase that is to be paid now.
    pub fn in_force(&self) -> Option<&RefundDestination> {
        self.in_force.as_ref().map(|in_force| &in_force.destination)
    }

    pub fn waiting(&self) -> Option<&WaitingChange> {
        self.waiting.as_ref()
    }

    /// For what is owed of a purchase that was paid without a destination of its own. None until there is one that
    /// was in force by then or that the password was given for.
    pub fn for_purchase_paid_at(&self, paid_at: UnixMs) -> Option<&RefundDestination> {
        let in_force = self.in_force.as_ref()?;
        (in_force.proven || in_force.since_ms <= paid_at).then_some(&in_force.destination)
    }

    /// The setting after the device `by` asked for `destination` with the password.
    fn after(&self, destination: RefundDestination, by: DeviceId, now: UnixMs, delay_ms: u64) -> Self {
        let Self { in_force, waiting } = self.at(now);
        match in_force {
            None => Self { in_force: Some(InForce { destination, since_ms: now, proven: true }), waiting: None },
            // To ask for what is in force is to call a change off and to stand by it.
            Some(in_force) if in_force.destination == destination => {
                Self { in_force: Some(InForce { proven: true, ..in_force }), waiting: None }
            }
            Some(in_force) => {
                // Asked for again: it does not wait any longer for that.
                let same = waiting.filter(|change| change.destination == destination);
                let change = same.unwrap_or_else(|| WaitingChange {
                    destination,
                    asked_at_ms: now,
                    asked_by: by,
                    in_force_at_ms: now.plus_ms(delay_ms),
                });
                Self { in_force: Some(in_force), waiting: Some(change) }
            }
        }
    }

    /// With a change that waits called off; one whose time has come is not waiting any more.
    pub(crate) fn without_waiting(&self, now: UnixMs) -> Self {
        Self { waiting: None, ..self.at(now) }
    }
}

impl Accounts {
    /// As it is now.
    pub async fn refund_setting(&self, account: AccountId) -> Result<RefundSetting, AccountError> {
        Ok(Profile::of(&self.row(account).await?)?.refund.at(self.now()))
    }

    /// A Lightning address as this server takes it.
    pub fn read_lightning_address(&self, text: &str) -> Result<RefundDestination, AccountError> {
        let address = LightningAddress::parse(text, self.rules.refund_hosts)?;
        Ok(RefundDestination::LightningAddress { address })
    }

    /// The first one, or a change. [`AccountError::PasswordNeeded`] for a proof that is old or of another account. The
    /// answer says what is in force now and what waits.
    pub async fn set_refund_destination(
        &self,
        who: &Authenticated,
        destination: RefundDestination,
        proof: &PasswordProof,
    ) -> Result<RefundSetting, AccountError> {
        let RefundDestination::LightningAddress { address } = &destination;
        LightningAddress::parse(address.as_str(), self.rules.refund_hosts)?;
        let now = self.now();
        let delay_ms = self.rules.refund_change_delay_ms;
        self.update(who.account, |row, profile| {
            self.accept(proof, row)?;
            profile.refund = profile.refund.after(destination.clone(), who.device, now, delay_ms);
            Ok(profile.refund.clone())
        })
        .await
    }

    /// Whether there was a change to call off. Any device can.
    pub async fn cancel_refund_change(&self, who: &Authenticated) -> Result<bool, AccountError> {
        let now = self.now();
        self.update(who.account, |_, profile| {
            let waited = profile.refund.at(now).waiting.is_some();
            profile.refund = profile.refund.without_waiting(now);
            Ok(waited)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DELAY_MS: u64 = 1_000;
    const DEVICE: DeviceId = DeviceId([1; 16]);

    fn to(name: &str) -> RefundDestination {
        let address = LightningAddress::parse(&format!("{name}@example.com"), Hosts::Public).unwrap();
        RefundDestination::LightningAddress { address }
    }

    #[test]
    fn addresses() {
        for text in [
            "ada@example.com",
            "a@b.co",
            "ada+tag@sub.example.co.uk",
            "a_b-c.d@xn--bcher-kva.example",
            "ada@0abc.onion",
            "1@1.com",
        ] {
            let address = LightningAddress::parse(text, Hosts::Public).unwrap();
            assert_eq!(address.as_str(), text);
            assert_eq!(format!("{}@{}", address.name(), address.host()), text);
        }
        assert_eq!(LightningAddress::parse(" Ada@Example.COM ", Hosts::Public).unwrap().as_str(), "ada@example.com");
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@.com",
            "ada@example..com",
            "ada@example.com.",
            "ada@-a.com",
            "ada@a-.com",
            "ada@a_b.com",
            "ada@b@example.com",
            "a da@example.com",
            "ada@exa mple.com",
            "ada@example.com/path",
            "ada@example.com:80",
            "ada@10.0.0.1",
            "ada@0x7f.0x1",
            "ada@[::1]",
            "ada@printer.local",
            "ada@metadata.internal",
            "ada@a.localhost",
            "ada@localhost",
            "ada@127.0.0.1:80",
            "\u{e5}da@example.com",
            "ada@ex\u{e4}mple.com",
        ] {
            assert!(LightningAddress::parse(text, Hosts::Public).is_err(), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert!(LightningAddress::parse(&long, Hosts::Public).is_err());
        let long = format!("a@{}.com", "a".repeat(64));
        assert!(LightningAddress::parse(&long, Hosts::Public).is_err());
    }

    #[test]
    fn local_addresses_where_allowed() {
        for (text, good) in [
            ("ada@localhost", true),
            ("ada@localhost:8080", true),
            ("ada@127.0.0.1:8080", true),
            ("ada@127.0.0.1:+80", false),
            ("ada@127.0.0.1:99999", false),
            ("ada@127.0.0.1:", false),
            ("ada@10.0.0.1:80", false),
            ("ada@localhost:80:80", false),
        ] {
            assert_eq!(LightningAddress::parse(text, Hosts::AlsoLocal).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn the_first_is_in_force_at_once_for_what_is_owed_too() {
        let first = RefundSetting::default().after(to("a"), DEVICE, UnixMs(100), DELAY_MS);
        assert_eq!((first.in_force(), first.waiting()), (Some(&to("a")), None));
        assert_eq!(first.for_purchase_paid_at(UnixMs(0)), Some(&to("a")));
        assert_eq!(RefundSetting::default().for_purchase_paid_at(UnixMs(0)), None);
    }

    /// A record of a time when a token alone set the first one.
    #[test]
    fn what_a_token_alone_once_set_is_not_for_what_was_paid_before() {
        let mut old = RefundSetting::default().after(to("a"), DEVICE, UnixMs(100), DELAY_MS);
        old.in_force.as_mut().unwrap().proven = false;
        assert_eq!(old.for_purchase_paid_at(UnixMs(99)), None);
        assert_eq!(old.for_purchase_paid_at(UnixMs(100)), Some(&to("a")));
        // Waiting does not help, the password does.
        assert_eq!(old.at(UnixMs(u64::MAX)).for_purchase_paid_at(UnixMs(99)), None);
        let stood_by = old.after(to("a"), DEVICE, UnixMs(200), DELAY_MS);
        assert_eq!(stood_by.for_purchase_paid_at(UnixMs(0)), Some(&to("a")));
    }

    #[test]
    fn a_change_waits_and_asking_twice_does_not_restart_it() {
        let old = RefundSetting::default().after(to("a"), DEVICE, UnixMs(0), DELAY_MS);
        let waiting = old.after(to("b"), DEVICE, UnixMs(10), DELAY_MS);
        let change = waiting.waiting().unwrap();
        assert_eq!((change.asked_at_ms, change.in_force_at_ms, change.asked_by), (UnixMs(10), UnixMs(1_010), DEVICE));
        assert_eq!(waiting.in_force(), Some(&to("a")));
        assert_eq!(waiting.at(UnixMs(1_009)), waiting);
        assert_eq!(waiting.after(to("b"), DEVICE, UnixMs(500), DELAY_MS), waiting);
        // Another one starts anew; the one in force calls it off.
        let other = waiting.after(to("c"), DEVICE, UnixMs(500), DELAY_MS);
        assert_eq!(other.waiting().map(|change| change.in_force_at_ms), Some(UnixMs(1_500)));
        assert_eq!(waiting.after(to("a"), DEVICE, UnixMs(500), DELAY_MS), old);
        assert_eq!(waiting.without_waiting(UnixMs(1_009)), old);
        // In force, it cannot be called off any more.
        let new = waiting.at(UnixMs(1_010));
        assert_eq!((new.in_force(), new.waiting()), (Some(&to("b")), None));
        assert_eq!(waiting.without_waiting(UnixMs(1_010)), new);
        assert_eq!(new.for_purchase_paid_at(UnixMs(0)), Some(&to("b")));
    }

    proptest! {
        /// Whoever has the password asks for whatever, whenever, over and over: as long as somebody calls it off
        /// before the delay is over, what was set first stays in force, for whatever was paid at any time.
        #[test]
        fn nothing_is_redirected_within_the_delay(
            steps in prop::collection::vec((0u8..4, 0u64..DELAY_MS), 0..30),
        ) {
            let mut now = UnixMs(1_000);
            let mut setting = RefundSetting::default().after(to("owner"), DEVICE, now, DELAY_MS);
            for (step, wait_ms) in steps {
                setting = match step {
                    0 => setting.without_waiting(now),
                    1 => setting.after(to("owner"), DEVICE, now, DELAY_MS),
                    2 => setting.after(to("thief"), DEVICE, now, DELAY_MS),
                    _ => setting.after(to("other.thief"), DEVICE, now, DELAY_MS),
                };
                now = now.plus_ms(wait_ms);
                let later = setting.at(now);
                prop_assert_eq!(later.in_force(), Some(&to("owner")));
                prop_assert_eq!(later.for_purchase_paid_at(UnixMs(0)), Some(&to("owner")));
                setting = setting.without_waiting(now);
            }
        }

        #[test]
        fn json_round_trip(name in "[a-z0-9]{1,8}", waits in any::<bool>()) {
            let mut setting = RefundSetting::default().after(to(&name), DEVICE, UnixMs(5), DELAY_MS);
            if waits {
                setting = setting.after(to("other.one"), DEVICE, UnixMs(6), DELAY_MS);
            }
            let json = serde_json::to_string(&setting).unwrap();
            prop_assert_eq!(serde_json::from_str::<RefundSetting>(&json).unwrap(), setting);
        }
    }
}
