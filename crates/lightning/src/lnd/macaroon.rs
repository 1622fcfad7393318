//! What a macaroon allows, read from the macaroon itself: asking the node would need a right of its own.
//!
//! A macaroon (libmacaroons, binary format 2) names its rights in its identifier, as LND's bakery writes it: a 3, then a
//! protobuf of nonce, storage and operations (`macaroon-bakery` v2, `MacaroonId`).

use std::collections::BTreeSet;
use std::fmt;

/// A call of LND's and the coarse rights that would allow it as well.
pub struct Needed {
    /// As `lncli bakemacaroon` takes it after `uri:`.
    pub call: &'static str,
    /// What alone is not there without it; nothing where purchases need it.
    pub only_for: Option<&'static str>,
    rights: (&'static str, &'static str),
}

const fn needed(call: &'static str, entity: &'static str, action: &'static str) -> Needed {
    Needed { call, only_for: None, rights: (entity, action) }
}

const fn useful(only_for: &'static str, call: &'static str, entity: &'static str, action: &'static str) -> Needed {
    Needed { call, only_for: Some(only_for), rights: (entity, action) }
}

/// All that the server asks of an LND. A macaroon for exactly these cannot open or close a channel, send on the chain,
/// bake other macaroons or make an ordinary invoice.
pub const CALLS: &[Needed] = &[
    needed("/invoicesrpc.Invoices/AddHoldInvoice", "invoices", "write"),
    needed("/invoicesrpc.Invoices/CancelInvoice", "invoices", "write"),
    needed("/invoicesrpc.Invoices/LookupInvoiceV2", "invoices", "write"),
    needed("/invoicesrpc.Invoices/SettleInvoice", "invoices", "write"),
    needed("/invoicesrpc.Invoices/SubscribeSingleInvoice", "invoices", "read"),
    useful("the network's figures", "/lnrpc.Lightning/DescribeGraph", "info", "read"),
    needed("/lnrpc.Lightning/GetInfo", "info", "read"),
    needed("/lnrpc.Lightning/ListChannels", "offchain", "read"),
    needed("/lnrpc.Lightning/LookupHtlcResolution", "offchain", "read"),
    needed("/lnrpc.Lightning/PendingChannels", "offchain", "read"),
    needed("/lnrpc.Lightning/WalletBalance", "onchain", "read"),
    needed("/routerrpc.Router/SendPaymentV2", "offchain", "write"),
    needed("/routerrpc.Router/SubscribeHtlcEvents", "offchain", "read"),
    needed("/routerrpc.Router/TrackPaymentV2", "offchain", "read"),
    useful("the chain's fees", "/walletrpc.WalletKit/EstimateFee", "onchain", "read"),
    needed("/walletrpc.WalletKit/RequiredReserve", "onchain", "read"),
];

/// For a single call.
const URI: &str = "uri";

/// Most rights that are read; LND has far fewer.
const RIGHTS_MAX: usize = 1_000;

/// Entity and action, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights(BTreeSet<(String, String)>);

/// It is not a macaroon of LND's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMacaroon;

impl fmt::Display for NoMacaroon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a macaroon as LND writes it")
    }
}

impl Rights {
    /// Of the bytes of a macaroon.
    pub fn read(macaroon: &[u8]) -> Result<Self, NoMacaroon> {
        let identifier = identifier(macaroon).ok_or(NoMacaroon)?;
        let operations = identifier.strip_prefix(&[3]).ok_or(NoMacaroon)?;
        let mut rights = BTreeSet::new();
        let mut fields = Fields(operations);
        while let Some((number, value)) = fields.next().ok_or(NoMacaroon)? {
            if number == 3 {
                operation(value, &mut rights).ok_or(NoMacaroon)?;
            }
            if rights.len() > RIGHTS_MAX {
                return Err(NoMacaroon);
            }
        }
        Ok(Self(rights))
    }

    fn has(&self, entity: &str, action: &str) -> bool {
        self.0.contains(&(entity.to_owned(), action.to_owned()))
    }

    /// Calls that the server makes and the macaroon does not allow.
    pub fn missing(&self) -> Vec<&'static Needed> {
        let allowed = |needed: &&Needed| self.has(URI, needed.call) || self.has(needed.rights.0, needed.rights.1);
        CALLS.iter().filter(|needed| !allowed(needed)).collect()
    }

    /// Rights that the server has no use for. A coarse right is one, since it allows more than the call it is for.
    pub fn needless(&self) -> Vec<String> {
        let used = |right: &&(String, String)| right.0 == URI && CALLS.iter().any(|needed| needed.call == right.1);
        self.0.iter().filter(|right| !used(right)).map(|(entity, action)| format!("{entity}:{action}")).collect()
    }
}

fn identifier(macaroon: &[u8]) -> Option<&[u8]> {
    let mut rest = macaroon.strip_prefix(&[2])?;
    loop {
        let kind = varint(&mut rest)?;
        let value = take(&mut rest)?;
        match kind {
            1 => {}
            2 => return Some(value),
            _ => return None,
        }
    }
}

fn operation(message: &[u8], rights: &mut BTreeSet<(String, String)>) -> Option<()> {
    let (mut entity, mut actions) = (None, Vec::new());
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        let text = String::from_utf8(value.to_vec()).ok()?;
        match number {
            1 => entity = Some(text),
            2 => actions.push(text),
            _ => {}
        }
    }
    let entity = entity?;
    rights.extend(actions.into_iter().map(|action| (entity.clone(), action)));
    Some(())
}

/// The fields of a protobuf message that have only lengths (wire type 2), which is all there are.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// `None` is not such a message, `Some(None)` its end.
    fn next(&mut self) -> Option<Option<(u64, &'a [u8])>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = varint(&mut self.0)?;
        if tag & 7 != 2 {
            return None;
        }
        Some(Some((tag >> 3, take(&mut self.0)?)))
    }
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (first, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    let (value, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        assert!(value.len() < 0x80 * 0x80);
        let mut bytes = vec![number << 3 | 2, (value.len() & 0x7f) as u8 | 0x80, (value.len() >> 7) as u8];
        bytes.extend(value);
        bytes
    }

    fn macaroon(rights: &[(&str, &str)]) -> Vec<u8> {
        let mut id = [vec![3], field(1, &[9; 16]), field(2, b"0")].concat();
        for (entity, action) in rights {
            id.extend(field(3, &[field(1, entity.as_bytes()), field(2, action.as_bytes())].concat()));
        }
        let mut bytes = vec![2, 1, 3];
        bytes.extend(b"lnd");
        bytes.extend([2, (id.len() & 0x7f) as u8 | 0x80, (id.len() >> 7) as u8]);
        bytes.extend(&id);
        bytes.extend([0, 0, 6, 32]);
        bytes.extend([7; 32]);
        bytes
    }

    fn missing(rights: &Rights) -> Vec<&'static str> {
        rights.missing().iter().map(|needed| needed.call).collect()
    }

    #[test]
    fn missing_and_needless_rights_are_named() {
        let exact: Vec<_> = CALLS.iter().map(|needed| ("uri", needed.call)).collect();
        let rights = Rights::read(&macaroon(&exact)).unwrap();
        assert!(rights.missing().is_empty() && rights.needless().is_empty(), "{rights:?}");

        let rights = Rights::read(&macaroon(&exact[1..])).unwrap();
        assert_eq!(missing(&rights), ["/invoicesrpc.Invoices/AddHoldInvoice"]);

        let coarse = [("invoices", "read"), ("invoices", "write"), ("info", "read"), ("onchain", "write")];
        let rights = Rights::read(&macaroon(&coarse)).unwrap();
        assert!(missing(&rights).contains(&"/routerrpc.Router/SendPaymentV2"));
        assert!(!missing(&rights).contains(&"/lnrpc.Lightning/GetInfo"));
        assert_eq!(rights.needless().len(), 4);
    }

    #[test]
    fn anything_else_is_no_macaroon() {
        let good = macaroon(&[("uri", "/x")]);
        for cut in 0..good.len() - 36 {
            assert_eq!(Rights::read(&good[..cut]), Err(NoMacaroon), "{cut}");
        }
        assert_eq!(Rights::read(&[1, 2, 3]), Err(NoMacaroon));
    }
}
