//! Codes that were given out, and what they are still worth: the part of a card network that a store asks.

use std::sync::{Arc, Mutex};

use money::Currency;
use rand::Rng;
use thiserror::Error;

use super::catalogue::{Gives, Product};
use crate::vendor::{ids, lock};

/// Why a code buys nothing.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotRedeemed {
    #[error("no such gift card")]
    Unknown,
    #[error("the PIN is not the card's")]
    WrongPin,
    #[error("the gift card has been used")]
    Spent,
    #[error("the gift card is for another store")]
    OtherStore,
}

/// What a code was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    pub minor: u64,
    pub currency: Currency,
}

/// What the buyer is told; no `Debug`, as for everything that is money.
#[derive(Clone)]
pub(crate) struct Redemption {
    pub(crate) code: Option<String>,
    pub(crate) pin: Option<String>,
    /// The last part of the address behind which the code is.
    pub(crate) link_token: Option<String>,
}

struct Issued {
    code: String,
    pin: Option<String>,
    link_token: Option<String>,
    product: String,
    worth: Worth,
    redeemed: bool,
}

/// Shared by all clones.
#[derive(Clone, Default)]
pub struct Codes(Arc<Mutex<Vec<Issued>>>);

const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

fn letters(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
}

/// As people type it: without hyphens and spaces, in capitals.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

impl Codes {
    /// A new code for a product.
    pub(crate) fn issue(&self, product: &Product, minor: u64) -> Redemption {
        let code = format!("{}-{}-{}", letters(4), letters(6), letters(4));
        let pin = (product.gives == Gives::CodeAndPin).then(|| ids::digits(4));
        let link_token = (product.gives == Gives::Link).then(|| letters(24));
        lock(&self.0).push(Issued {
            code: code.clone(),
            pin: pin.clone(),
            link_token: link_token.clone(),
            product: product.id.clone(),
            worth: Worth { minor, currency: product.currency },
            redeemed: false,
        });
        let shown = link_token.is_none().then_some(code);
        Redemption { code: shown, pin, link_token }
    }

    /// What is on the page behind a link.
    pub(crate) fn behind(&self, token: &str) -> Option<String> {
        let codes = lock(&self.0);
        codes.iter().find(|issued| issued.link_token.as_deref() == Some(token)).map(|issued| issued.code.clone())
    }

    /// Takes the whole value of a code, once. `accepted` are the products whose cards the store takes.
    ///
    /// # Errors
    /// [`NotRedeemed`]; nothing was taken then.
    pub fn redeem(&self, code: &str, pin: Option<&str>, accepted: &[String]) -> Result<Worth, NotRedeemed> {
        let wanted = plain(code);
        let mut codes = lock(&self.0);
        let issued = codes.iter_mut().find(|issued| plain(&issued.code) == wanted).ok_or(NotRedeemed::Unknown)?;
        if issued.pin.is_some() && issued.pin.as_deref() != pin.map(str::trim) {
            return Err(NotRedeemed::WrongPin);
        }
        if !accepted.contains(&issued.product) {
            return Err(NotRedeemed::OtherStore);
        }
        if std::mem::replace(&mut issued.redeemed, true) {
            return Err(NotRedeemed::Spent);
        }
        Ok(issued.worth)
    }

    /// How many codes were given out, and how many of them are redeemed.
    pub fn counts(&self) -> (usize, usize) {
        let codes = lock(&self.0);
        (codes.len(), codes.iter().filter(|issued| issued.redeemed).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_worth_its_value_once_and_at_its_store() {
        let codes = Codes::default();
        let products = Product::catalogue();
        let (any, fixed) = (&products[0], &products[1]);
        let accepted = [any.id.clone(), fixed.id.clone()];
        let code = codes.issue(any, 2_711).code.expect("a code");
        assert_eq!(codes.redeem("AAAA-AAAAAA-AAAA", None, &accepted), Err(NotRedeemed::Unknown));
        assert_eq!(codes.redeem(&code, None, &[]), Err(NotRedeemed::OtherStore));
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(codes.redeem(&typed, None, &accepted), Ok(Worth { minor: 2_711, currency: Currency::USD }));
        assert_eq!(codes.redeem(&code, None, &accepted), Err(NotRedeemed::Spent));

        let with_pin = codes.issue(fixed, 2_500);
        let (code, pin) = (with_pin.code.expect("a code"), with_pin.pin.expect("a PIN"));
        assert_eq!(codes.redeem(&code, None, &accepted), Err(NotRedeemed::WrongPin));
        assert_eq!(codes.redeem(&code, Some(&pin), &accepted).map(|worth| worth.minor), Ok(2_500));
        assert_eq!(codes.counts(), (2, 2));
    }
}
