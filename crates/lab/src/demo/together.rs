//! What goes together of what the demo can be made of. Everything else is refused before anything is started, with the
//! reason and what to choose instead.

use super::{Args, ClaimOn, ExchangeName, IssuerName, NodeKind, PayerName, Payout, Rail, Source};
use anyhow::{Result, ensure};

/// How the bitcoin comes to the server; each has scenarios of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a hold invoice.
    Lightning,
    /// Paid first, from a linked account.
    Coinbase,
    /// Paid first, on the chain.
    Onchain,
}

impl Way {
    pub fn of(source: Source, rail: Rail) -> Self {
        match (source, rail) {
            (Source::Coinbase, _) => Self::Coinbase,
            (Source::Wallet, Rail::Onchain) => Self::Onchain,
            (Source::Wallet, _) => Self::Lightning,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub node: NodeKind,
    pub nodes: u8,
    pub payer: PayerName,
    pub rail: Rail,
    pub source: Source,
    pub payout: Payout,
    pub issuer: IssuerName,
    pub exchange: ExchangeName,
    pub claim_on: ClaimOn,
}

impl Choice {
    pub fn of(args: &Args) -> Self {
        Self {
            node: args.node,
            nodes: args.nodes,
            payer: args.payer,
            rail: args.rail,
            source: args.source,
            payout: args.payout,
            issuer: args.issuer,
            exchange: args.exchange,
            claim_on: args.claim_on,
        }
    }

    /// The rules, each with what it lets pass and what is said otherwise.
    fn rules(&self) -> [(bool, &'static str); 10] {
        let (gift_card, linked) = (self.payout == Payout::GiftCard, self.source == Source::Coinbase);
        let (over_nostr, no_issuer) = (self.payer == PayerName::Nwc, self.issuer == IssuerName::None);
        [
            (!no_issuer || gift_card, "without an issuer stores are paid with --payout gift-card"),
            (
                self.exchange != ExchangeName::None || no_issuer,
                "cards need an exchange: --exchange none goes with --issuer none",
            ),
            (
                !linked || self.rail == Rail::Bolt11,
                "a linked account is told what to send, no wallet scans anything: --rail goes with --source wallet",
            ),
            (
                !linked || self.payer == PayerName::Ldk,
                "a linked account pays by itself: --payer goes with --source wallet",
            ),
            (
                !gift_card || Way::of(self.source, self.rail) == Way::Lightning,
                "a gift card is bought with the shopper's own hold, and what is paid first is not held: --payout \
                 gift-card goes with --source wallet and a --rail of Lightning",
            ),
            (
                self.payer != PayerName::Electrum || !(gift_card || self.claim_on == ClaimOn::Reveal),
                "a Lightning address for refunds is asked for before a gift card, or a card that is paid when it is \
                 revealed, and Electrum has none: --payer electrum goes with --payout card and --claim-on authorization",
            ),
            (
                !gift_card || self.rail != Rail::Lnurl,
                "a gift card's hold carries the vendor's payment hash, and an invoice that the wallet fetches needs one \
                 of its own: --rail lnurl goes with --payout card",
            ),
            (
                !over_nostr || self.rail != Rail::Lnurl,
                "over Nostr (NIP-47) the wallet is asked for the invoice that was checked, and nobody checks one that is \
                 fetched: --payer nwc goes with --rail bolt11 or bip21",
            ),
            (
                !over_nostr || self.rail != Rail::Onchain,
                "over Nostr (NIP-47) a wallet is asked for Lightning invoices, there is no command that pays to an \
                 address: --payer nwc goes with --rail bolt11 or bip21",
            ),
            (
                self.nodes == 1 || self.node == NodeKind::Lnd,
                "the node inside the server is one: --nodes goes with --node lnd",
            ),
        ]
    }

    /// # Errors
    /// The reason why not, and what to choose instead.
    pub fn check(&self) -> Result<()> {
        for (passes, otherwise) in self.rules() {
            ensure!(passes, otherwise);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    /// Of one node, with an issuer and an exchange.
    fn product() -> Vec<Choice> {
        let mut all = Vec::new();
        for node in NodeKind::value_variants() {
            for payer in PayerName::value_variants() {
                for rail in Rail::value_variants() {
                    for source in Source::value_variants() {
                        for payout in Payout::value_variants() {
                            all.push(Choice {
                                node: *node,
                                nodes: 1,
                                payer: *payer,
                                rail: *rail,
                                source: *source,
                                payout: *payout,
                                issuer: IssuerName::Lithic,
                                exchange: ExchangeName::Kraken,
                                claim_on: ClaimOn::Authorization,
                            });
                        }
                    }
                }
            }
        }
        all
    }

    /// Written down once more, as a table of what is possible, so that a rule that refuses too much is seen too.
    #[test]
    fn every_combination_is_possible_or_refused_with_what_to_do() {
        let mut possible = 0;
        for choice in product() {
            let expected = match (choice.source, choice.rail, choice.payout) {
                (Source::Coinbase, Rail::Bolt11, Payout::Card) => choice.payer == PayerName::Ldk,
                (Source::Coinbase, ..) | (_, Rail::Lnurl | Rail::Onchain, Payout::GiftCard) => false,
                (Source::Wallet, _, Payout::GiftCard) => choice.payer != PayerName::Electrum,
                (Source::Wallet, Rail::Bolt11 | Rail::Bip21, Payout::Card) => true,
                (Source::Wallet, Rail::Lnurl | Rail::Onchain, Payout::Card) => choice.payer != PayerName::Nwc,
            };
            match choice.check() {
                Ok(()) => assert!(expected, "{choice:?} is taken"),
                Err(why) => {
                    assert!(!expected, "{choice:?} is refused: {why}");
                    assert!(why.to_string().contains(" goes with --"), "{why}");
                }
            }
            possible += u32::from(expected);
        }
        assert_eq!(possible, 42);
    }

    #[test]
    fn what_is_refused_beside_them_says_why() {
        let choice = |nodes, issuer, exchange, payout| {
            let first = product()[0];
            Choice { nodes, issuer, exchange, payout, ..first }.check()
        };
        assert!(choice(2, IssuerName::Lithic, ExchangeName::Kraken, Payout::Card).is_err());
        assert!(choice(1, IssuerName::None, ExchangeName::None, Payout::Card).is_err());
        assert!(choice(1, IssuerName::Lithic, ExchangeName::None, Payout::Card).is_err());
        assert!(choice(1, IssuerName::None, ExchangeName::None, Payout::GiftCard).is_ok());
        let electrum = Choice { payer: PayerName::Electrum, claim_on: ClaimOn::Reveal, ..product()[0] };
        assert!(electrum.check().is_err());
    }
}
