//! What shoppers do, step by step, shown as they go.

use super::{PATIENCE, TOTAL_MINOR};
use crate::demo::ClaimOn;
use crate::demo::payer::Payer;
use crate::demo::rail::{self, Fetched, Rail, Scanned};
use crate::demo::shopper::{RefundView, View};
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use anyhow::{Context, Result, bail, ensure};
use sandbox::lithic::TypedCard;
use sandbox::store::{Order, Practice};
use sandbox::wallet::Outcome;
use serde_json::json;
use std::time::{Duration, Instant};

/// Of an invoice that a wallet brings to a withdraw link.
const REFUND_EXPIRY_SECS: u32 = 3_600;

/// One purchase under way.
pub struct Buy<'a> {
    pub world: &'a mut World,
    pub timeline: &'a Timeline,
    pub view: View,
    pub hash: Option<[u8; 32]>,
    /// The shopper's part of the terms.
    nonce: String,
    /// The invoice that the wallet has paid: the one that was shown, or its own.
    pub paid: String,
    /// What the wallet was told when it fetched its own.
    pub fetched: Option<Fetched>,
}

impl<'a> Buy<'a> {
    /// The store's page, the quote, the invoice; checked as the extension would.
    pub async fn quote(world: &'a mut World, claim_on: ClaimOn, timeline: &'a Timeline) -> Result<Self> {
        timeline.step(
            "store page",
            "jazz album 18.60 + shipping 5.99 + tax 2.52 = 27.11 USD",
            json!({
                "url": world.store.checkout_url(), "total_minor": TOTAL_MINOR, "currency": "USD",
            }),
        );
        let nonce = world.shopper.new_nonce();
        let view = match world.vendor {
            Some(_) => world.shopper.create_gift_card(TOTAL_MINOR, "USD", &nonce).await?,
            None => world.shopper.create(TOTAL_MINOR, "USD", claim_on.word(), &nonce).await?,
        };
        let mut buy = Self::new(world, timeline, view);
        buy.invoiced(&nonce).await?;
        Ok(buy)
    }

    pub fn new(world: &'a mut World, timeline: &'a Timeline, view: View) -> Self {
        Self { world, timeline, view, hash: None, nonce: String::new(), paid: String::new(), fetched: None }
    }

    /// Waits for the invoice, checks it, shows it.
    pub async fn invoiced(&mut self, nonce: &str) -> Result<()> {
        self.nonce = nonce.to_owned();
        self.until(&["invoiced"]).await?;
        self.world.shopper.verify_invoice(&self.view, nonce).await.context("the invoice is not what was quoted")?;
        let view = &self.view;
        let sat = view.amount_msat / 1_000;
        self.timeline.step(
            "quote",
            &format!("0.{sat:08} BTC at {} USD/BTC, good for {} s", view.rate, view.good_for_secs()),
            json!({ "amount_msat": view.amount_msat, "rate": view.rate, "bolt11": view.bolt11 }),
        );
        self.timeline.qr(self.code(self.world.rail)?)?;
        self.timeline.step("invoice", "signed by the server's node, commits to the terms: checked", json!({}));
        Ok(())
    }

    /// The payer's wallet pays; the HTLC is held, unclaimed.
    pub async fn pay(&mut self) -> Result<()> {
        self.paid = match self.world.rail {
            rail if matches!(self.world.payer, Payer::Electrum(_)) => self.read_by_electrum(rail).await?,
            Rail::Bolt11 => self.view.bolt11.clone(),
            Rail::Bip21 => {
                let Scanned::Bolt11(bolt11) = rail::scan(&self.view.bip21_qr)? else { bail!("no invoice in the link") };
                ensure!(bolt11 == self.view.bolt11, "the link has another invoice than was checked");
                bolt11
            }
            Rail::Lnurl => self.fetch().await?,
            Rail::Onchain => bail!("an invoice for who pays on the chain"),
        };
        let hash = match &self.world.remote {
            None => self.world.payer.pay(&self.paid).await?,
            Some(remote) => {
                self.timeline.step("asked", "the shopper's client asks the wallet over Nostr (NIP-47)", json!({}));
                remote.pay(&self.world.payer, &self.paid, PATIENCE).await?
            }
        };
        self.hash = Some(hash);
        self.timeline.step("paid", "the payer's wallet sends its HTLC", json!({ "payment_hash": hex::encode(hash) }));
        Ok(())
    }

    /// Electrum reads the code with its own modules, and fetches what there is to fetch.
    async fn read_by_electrum(&self, rail: Rail) -> Result<String> {
        let Payer::Electrum(wallet) = &self.world.payer else { bail!("the payer is no Electrum") };
        // It counts the hold's end from the last block that it has seen, with none to spare: LND refuses what a wallet that is
        // behind sends.
        self.world.payer.sync(&self.world.chain, PATIENCE).await?;
        let code = self.code(rail)?;
        let bolt11 = wallet.electrum().read_code(code, self.view.amount_msat / 1_000).await?;
        ensure!(
            (bolt11.to_lowercase() == self.view.bolt11) == (rail != Rail::Lnurl),
            "Electrum reads another invoice: {bolt11}"
        );
        let bolt11 = bolt11.to_lowercase();
        self.timeline.step("read", "Electrum's own modules read the code", json!({ "bolt11": bolt11 }));
        Ok(bolt11)
    }

    /// What is scanned.
    fn code(&self, rail: Rail) -> Result<&str> {
        match rail {
            Rail::Bolt11 => Ok(&self.view.bolt11),
            Rail::Bip21 => Ok(&self.view.bip21_qr),
            Rail::Lnurl => Ok(&self.view.lnurl),
            Rail::Onchain => bail!("an invoice for who pays on the chain"),
        }
    }

    /// The wallet's own invoice; the one that was shown is over.
    pub async fn fetch(&mut self) -> Result<String> {
        let Scanned::Lnurl(lnurl) = rail::scan(&self.view.lnurl)? else { bail!("not an LNURL") };
        let fetched = rail::fetch(&lnurl, self.view.amount_msat).await?;
        let again = rail::fetch(&lnurl, self.view.amount_msat).await?;
        ensure!(again.bolt11 == fetched.bolt11, "asked again it is another invoice");
        ensure!(fetched.bolt11 != self.view.bolt11, "the wallet was given the invoice that was shown");
        let now = self.world.shopper.get(&self.view.id).await?;
        ensure!(now.rail == "lnurl" && now.bolt11.is_empty(), "the invoice that was shown is still there");
        self.timeline.step(
            "fetched",
            &format!("the wallet's own invoice, for \"{}\"; no extension can check it", fetched.description),
            json!({ "bolt11": fetched.bolt11, "verify": fetched.verify.as_str() }),
        );
        let bolt11 = fetched.bolt11.clone();
        self.fetched = Some(fetched);
        Ok(bolt11)
    }

    /// Back to an invoice that is shown, and checked anew.
    pub async fn turn_back(&mut self) -> Result<()> {
        self.fetched = None;
        self.view = self.world.shopper.show_invoice(&self.view.id).await?;
        self.timeline.step("turned back", "the shopper wants an invoice that can be checked", json!({}));
        let nonce = self.nonce.clone();
        self.invoiced(&nonce).await
    }

    /// LUD-21: the payee says the same as the wallet's receipt, as soon as its node has told it.
    async fn confirmed(&self) -> Result<()> {
        let Some(fetched) = &self.fetched else { return Ok(()) };
        let deadline = Instant::now() + PATIENCE;
        while !rail::confirmed(&fetched.verify).await? {
            ensure!(Instant::now() < deadline, "the payee does not say that it has the bitcoin");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.timeline.step("confirmed", &fetched.message, json!({}));
        Ok(())
    }

    pub async fn held(&mut self) -> Result<()> {
        self.until(&["held", "card_ready", "claiming", "funded"]).await?;
        ensure!(self.unclaimed().await?, "the HTLC is not pending in the payer's wallet");
        self.timeline.step("held", "HTLC held: the money is still the shopper's", json!({ "unclaimed": true }));
        Ok(())
    }

    pub async fn card_ready(&mut self) -> Result<()> {
        self.until(&["card_ready"]).await?;
        self.timeline.step("card", "a card for this one order is ready", json!({}));
        Ok(())
    }

    /// Card number and code, sealed to this shopper's one-time key. Under `reveal` the HTLC is claimed now.
    pub async fn reveal(&mut self) -> Result<TypedCard> {
        let card = self.world.shopper.reveal(&self.view.id).await?;
        self.timeline.step("revealed", &format!("card ending in {}", last_four(&card)), json!({}));
        Ok(card)
    }

    /// Is the HTLC still waiting in the payer's wallet?
    pub async fn unclaimed(&self) -> Result<bool> {
        let Some(hash) = &self.hash else { return Ok(false) };
        Ok(self.world.payer.unclaimed(hash).await?)
    }

    /// Quote, pay, held, card, number: all up to the store's button.
    pub async fn ready_to_charge(
        world: &'a mut World,
        claim_on: ClaimOn,
        timeline: &'a Timeline,
    ) -> Result<(Self, TypedCard)> {
        let mut buy = Self::quote(world, claim_on, timeline).await?;
        let card = buy.until_card(claim_on).await?;
        Ok((buy, card))
    }

    /// From the invoice to the store's button.
    pub async fn until_card(&mut self, claim_on: ClaimOn) -> Result<TypedCard> {
        self.pay().await?;
        self.held().await?;
        self.card_ready().await?;
        let card = self.reveal().await?;
        if claim_on == ClaimOn::Authorization {
            ensure!(self.unclaimed().await?, "the HTLC was claimed before the store charged");
        }
        Ok(card)
    }

    /// The shopper presses the store's button.
    pub async fn place_order(&mut self, card: TypedCard, practice: Practice) -> Result<Order> {
        let began = Instant::now();
        let order = self.world.store.place_order(card, practice).await?;
        let took_ms = u64::try_from(began.elapsed().as_millis())?;
        let words =
            if order.is_taken() { "the store charged the card and took the order" } else { "the store was declined" };
        self.timeline.step(
            "charged",
            words,
            json!({ "taken": order.is_taken(), "store_ms": took_ms, "order": order.number }),
        );
        Ok(order)
    }

    /// The wallet's word that the payee has the bitcoin.
    pub async fn claimed(&mut self) -> Result<()> {
        match self.outcome().await? {
            Outcome::Succeeded { fee_msat, .. } => {
                self.timeline.step("claimed", "the wallet has its receipt (preimage)", json!({ "fee_msat": fee_msat }));
                self.answered().await?;
                self.confirmed().await
            }
            Outcome::Failed { reason } => bail!("the wallet says that it failed: {reason}"),
        }
    }

    /// The wallet's word that nothing was taken.
    pub async fn returned(&mut self) -> Result<()> {
        match self.outcome().await? {
            Outcome::Failed { reason } => {
                self.timeline.step("returned", "the HTLC came back: nothing was taken", json!({ "reason": reason }));
                Ok(())
            }
            Outcome::Succeeded { .. } => bail!("the HTLC was claimed"),
        }
    }

    /// What the wallet answers to who asked it over Nostr: after the claim, and not before, the proof.
    async fn answered(&self) -> Result<()> {
        let (Some(remote), Some(hash)) = (&self.world.remote, self.hash) else { return Ok(()) };
        if remote.proof(hash, PATIENCE).await?.is_some() {
            self.timeline.step("answered", "the wallet answers over Nostr: paid, with the right preimage", json!({}));
        }
        Ok(())
    }

    async fn outcome(&self) -> Result<Outcome> {
        let hash = self.hash.context("nothing was paid")?;
        Ok(self.world.payer.wait_outcome(hash, PATIENCE).await?)
    }

    pub async fn cancel(&mut self) -> Result<()> {
        self.view = self.world.shopper.cancel(&self.view.id).await?;
        self.timeline.step("cancelled", "the shopper has enough", json!({ "state": self.view.state }));
        Ok(())
    }

    /// Waits for one of the states.
    pub async fn until(&mut self, states: &[&str]) -> Result<()> {
        self.until_within(states, PATIENCE).await
    }

    pub async fn until_within(&mut self, states: &[&str], within: Duration) -> Result<()> {
        self.view = self.world.shopper.wait(&self.view.id, states, within).await?;
        Ok(())
    }

    /// The end: `completed`, with sale and capture in.
    pub async fn completed(&mut self) -> Result<super::Ended> {
        self.until(&["completed"]).await?;
        self.timeline.step("completed", "captured; the purchase is over", json!({ "state": self.view.state }));
        Ok(self.ended())
    }

    pub fn ended(&self) -> super::Ended {
        super::Ended { purchase: self.view.id.clone(), state: self.view.state.clone() }
    }

    /// With an invoice of the wallet's; or the wallet scans a link and brings one itself.
    async fn collect(&self, refund: &RefundView) -> Result<()> {
        let (payer, shopper) = (&self.world.payer, &self.world.shopper);
        if self.world.rail != Rail::Lnurl {
            shopper.give_destination(&refund.id, &payer.refund_invoice().await?).await?;
            self.timeline.step("refund", &format!("{} owed; an invoice was given", refund.owed), json!({}));
            return Ok(());
        }
        let lnurl = shopper.refund_link(&refund.id).await?;
        let invoice = async |amount_msat, description: String| {
            Ok(payer.receive(amount_msat, &description, REFUND_EXPIRY_SECS).await?)
        };
        let amount_msat = rail::withdraw(&lnurl, invoice).await?;
        let again = rail::withdraw(&lnurl, invoice).await;
        ensure!(again.is_err(), "a link was good twice");
        self.timeline.step(
            "refund",
            &format!("{} owed; the wallet scanned a link and asks {amount_msat} msat", refund.owed),
            json!({ "amount_msat": amount_msat }),
        );
        Ok(())
    }

    /// Has the wallet collect every open refund of this purchase, and waits until all are paid.
    pub async fn collect_refunds(&mut self, count: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let refunds = self.world.shopper.refunds(&self.view.id).await?;
            for refund in refunds.iter().filter(|refund| refund.state == "awaiting_destination") {
                self.collect(refund).await?;
            }
            if refunds.len() >= count && refunds.iter().all(|refund| refund.state == "paid") {
                self.timeline.step("refunded", "paid back over Lightning", json!({ "refunds": refunds.len() }));
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the refund was not paid: {refunds:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn last_four(card: &TypedCard) -> &str {
    card.number.get(card.number.len().saturating_sub(4)..).unwrap_or_default()
}
