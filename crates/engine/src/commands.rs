//! What shoppers ask for.

use crate::apply::With;
use crate::{Engine, EngineError, exposure, reservations};
use ids::{AccountId, LinkHash, NodeId, Nonce, PurchaseId, RefundId, UnixMs};
use money::{Currency, Money, MoneyError, Msat, Ppm};
use ports::{
    CardRef, CardSecrets, ClaimCode, LightningNode, ObservedRate, Outcome, PriceUnavailable, RateBasis, Reservation,
    ReservationChange, SourceTerms, StoreError,
};
use purchase::terms::Terms;
use purchase::{
    ChainTerms, Creation, DailyTable, Destination, Event, Flow, FundsSource, Market, Policy, Purchase, Quote,
    QuoteInput, Rail, Refund, RefundEvent, Rejected, State, Tip, make_quote,
};
use std::sync::Arc;

/// A shopper's request. The limits of the account come as reservations to take.
#[derive(Debug, Clone)]
pub struct NewPurchase {
    /// From [`Engine::new_purchase_id`]. The same request again with the same identifier gives the same purchase.
    pub id: PurchaseId,
    pub account: AccountId,
    pub store_host: String,
    pub store_name: String,
    /// None for card-first: the total is read later.
    pub order_total: Option<Money>,
    pub currency: Currency,
    pub nonce: Nonce,
    pub policy: Policy,
    /// Gift card: what is ordered at the vendor; its value is the order total.
    pub product_id: Option<String>,
    /// Where what is owed of it goes, if that is not the account's own destination.
    pub refund_to: Option<Destination>,
    pub limits: Vec<Reservation>,
}

/// A total that was read after the card was prepared.
#[derive(Debug, Clone)]
pub struct NewQuote {
    pub order_total: Money,
    pub nonce: Nonce,
    pub limits: Vec<Reservation>,
}

/// What the store is paid with, in clear text. Never stored, never logged.
#[derive(Debug)]
pub enum Secrets {
    Card(CardSecrets),
    GiftCard(ClaimCode),
}

/// Why a request was refused. Nothing was changed, nothing is paid.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Price(#[from] PriceUnavailable),
    /// The node cannot receive this much now.
    #[error("the server cannot receive this amount at the moment")]
    NoRoom,
    /// The issuer's balance, or what the node that pays vendors can send.
    #[error("what the store is paid with is too small for this amount at the moment")]
    NoFloat,
    /// One of the account's limits: the resource's name.
    #[error("a limit of the account is reached: {0}")]
    Limit(String),
    /// The operator had to bear too much for this account, and looks at it first.
    #[error("too much was borne for this account")]
    AccountSuspended,
    /// The same of the store.
    #[error("too much was borne at this store")]
    StoreSuspended,
    #[error("the amount is too small to be held safely; the least is {0} msat")]
    TooSmall(u64),
    /// Too much is claimed and not yet sold.
    #[error("too much bitcoin waits to be sold at the moment")]
    NotNow,
    /// The node, the issuer or the exchange does not answer.
    #[error("{0} is not available")]
    Unavailable(&'static str),
    #[error("the store's name cannot be part of the terms")]
    BadStore,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// 128 random bits.
    pub fn new_purchase_id(&self) -> PurchaseId {
        self.ports.vault.new_purchase_id()
    }

    /// Quotes and begins a purchase. Returns when it is committed; the invoice follows ([`Engine::wait_past`]).
    pub async fn create(&self, request: NewPurchase) -> Result<Purchase, CommandError> {
        let id = request.id;
        if let Some(begun) = self.purchase(id).await? {
            return if begun.account == request.account { Ok(begun) } else { Err(EngineError::NotFound.into()) };
        }
        let mut reservations: Vec<_> =
            self.within_exposure(request.account, &request.store_host, request.currency).await?.into();
        reservations.extend(request.limits.into_iter().map(ReservationChange::Take));
        let (quote, terms_hash) = match request.order_total {
            None => (None, None),
            Some(total) => {
                let (quote, taken) = self.quote(total, &request.policy, None).await?;
                reservations.extend(self.within_unsold(quote.amount_msat, request.policy.flow).await?);
                let hash = self.terms_hash(id, &request.store_host, &quote, &request.policy, request.nonce)?;
                reservations.extend(taken.into_iter().map(ReservationChange::Take));
                (Some(quote), Some(hash))
            }
        };
        let told = self.chain_terms(&request.policy, quote.as_ref()).await?;
        let creation = Creation {
            id,
            account: request.account,
            store_host: request.store_host,
            store_name: request.store_name,
            currency: request.currency,
            policy: request.policy,
            product_id: request.product_id,
            refund_to: request.refund_to,
            told,
            quote,
            terms_hash,
        };
        let with = With { reservations, ..With::default() };
        let applied = self.apply(id, &Event::Created(Box::new(creation)), with).await;
        applied.map(|a| a.state).map_err(no_room)
    }

    /// A price for a purchase whose card is prepared.
    pub async fn requote(&self, id: PurchaseId, request: NewQuote) -> Result<Purchase, CommandError> {
        let purchase = self.purchase(id).await?.ok_or(EngineError::NotFound)?;
        let (quote, taken) = self.quote(request.order_total, &purchase.policy, purchase.quote.as_ref()).await?;
        let terms_hash = self.terms_hash(id, &purchase.store_host, &quote, &purchase.policy, request.nonce)?;
        let mut reservations: Vec<_> =
            self.within_exposure(purchase.account, &purchase.store_host, purchase.currency).await?.into();
        reservations.extend(self.within_unsold(quote.amount_msat, purchase.policy.flow).await?);
        reservations.extend(reservations::end_quote());
        reservations.extend(request.limits.into_iter().chain(taken).map(ReservationChange::Take));
        let with = With { reservations, ..With::default() };
        let applied = self.apply(id, &Event::QuoteGiven { quote, terms_hash }, with).await;
        applied.map(|a| a.state).map_err(no_room)
    }

    async fn quote(
        &self,
        order_total: Money,
        policy: &Policy,
        before: Option<&Quote>,
    ) -> Result<(Quote, Vec<Reservation>), CommandError> {
        let now = self.now();
        let price = self.ports.prices.executable(order_total, now)?;
        let mut quote = make_quote(&QuoteInput {
            number: before.map_or(0, |quote| quote.number) + 1,
            order_total,
            fee: self.config.fee.of_ceil(order_total)?,
            executable: price.rate,
            spread: self.spread(policy),
            observed_at: price.observed_at,
            expires_at: now.plus_ms(self.quote_ms(policy)),
            market: Some(market(price.consolidated)),
        })
        .map_err(|error| match error {
            purchase::QuoteError::ZeroTotal => CommandError::TooSmall(self.config.hold_msat_min),
            purchase::QuoteError::Money(error) => CommandError::Money(error),
        })?;
        if policy.flow == Flow::PaidFirst {
            return Ok((quote.clone(), vec![self.float_for(&quote, policy).await?]));
        }
        if quote.amount_msat.get() < self.config.hold_msat_min {
            return Err(CommandError::TooSmall(self.config.hold_msat_min));
        }
        let (node, receives) = match before {
            // What was quoted before may still be paid there: a purchase stays where it began.
            Some(before) => self.room_at(self.ports.nodes.of(before.node).as_ref(), quote.amount_msat).await?,
            None => self.room_anywhere(quote.amount_msat).await?,
        };
        quote.node = Some(node);
        let pays = match policy.flow {
            Flow::GiftCard => self.vendor_send(quote.amount_msat).await?,
            Flow::Card | Flow::CardFirst | Flow::PaidFirst => self.float_for(&quote, policy).await?,
        };
        Ok((quote, vec![receives, pays]))
    }

    /// What the chain asks for, for the shopper to read before confirming.
    async fn chain_terms(&self, policy: &Policy, quote: Option<&Quote>) -> Result<Option<ChainTerms>, CommandError> {
        let source = policy.funds_source.and_then(|source| self.ports.paid_first.get(source));
        let (Some(source), Some(quote)) = (source, quote) else { return Ok(None) };
        match source.terms(quote.amount_msat).await {
            Outcome::Done(terms) => Ok(terms
                .map(|SourceTerms { confirmations, refund_fee_msat }| ChainTerms { confirmations, refund_fee_msat })),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
                Err(CommandError::Unavailable("what it is paid from"))
            }
        }
    }

    /// The longer a price is locked, the more it costs.
    fn spread(&self, policy: &Policy) -> Ppm {
        match (policy.flow, policy.funds_source) {
            (Flow::GiftCard, _) => self.config.gift_card_spread,
            (_, Some(FundsSource::OnChain)) => self.config.chain_spread,
            (_, Some(FundsSource::LinkedAccount) | None) => self.config.spread,
        }
    }

    /// A block takes ten minutes, and some take an hour.
    fn quote_ms(&self, policy: &Policy) -> u64 {
        if policy.funds_source == Some(FundsSource::OnChain) {
            self.config.chain_quote_ms
        } else {
            self.config.quote_ms
        }
    }

    /// Where there is most room that nobody has been quoted.
    async fn room_anywhere(&self, amount: Msat) -> Result<(NodeId, Reservation), CommandError> {
        let mut best = Err(CommandError::Unavailable("the Lightning node"));
        let mut most = 0;
        let alone = self.ports.nodes.all().count() == 1;
        for node in self.ports.nodes.all() {
            match self.room_at(node.as_ref(), amount).await {
                Ok((id, receives)) => {
                    let taken = self.ports.store.reserved(&receives.resource).await.map_err(EngineError::Store)?;
                    let stale = self.tips.seen_at(id).is_none_or(|at| !self.is_fresh(at));
                    if stale && !alone {
                        continue;
                    }
                    let free = receives.limit.saturating_sub(taken);
                    if best.is_err() || free > most {
                        (best, most) = (Ok((id, receives)), free);
                    }
                }
                // That it is full says more than that another does not answer.
                Err(why @ CommandError::NoRoom) if best.is_err() => best = Err(why),
                Err(_) => {}
            }
        }
        best
    }

    async fn room_at(&self, node: &dyn LightningNode, amount: Msat) -> Result<(NodeId, Reservation), CommandError> {
        let Outcome::Done(room) = node.room().await else {
            return Err(CommandError::Unavailable("the Lightning node"));
        };
        if !room.reserve_ok || room.total_msat() < amount.get() {
            return Err(CommandError::NoRoom);
        }
        let id = node.node_id();
        Ok((id, reservations::of_room(id, &room, amount)))
    }

    /// What the card may be charged, at most.
    async fn float_for(&self, quote: &Quote, policy: &Policy) -> Result<Reservation, CommandError> {
        let limit = quote.order_total.checked_add(Money::new(policy.tolerance_minor, quote.order_total.currency())?)?;
        let Outcome::Done(float) = self.ports.issuer.float().await else {
            return Err(CommandError::Unavailable("the card issuer"));
        };
        let free = beyond(float.available, self.config.float_keep)?;
        if free.currency() != limit.currency() || free.minor() < limit.minor() {
            return Err(CommandError::NoFloat);
        }
        Ok(reservations::of_float(self.ports.issuer.name(), free, limit))
    }

    /// What the node that pays vendors has to have left: all that is quoted, since its fees come out of that.
    async fn vendor_send(&self, amount: Msat) -> Result<Reservation, CommandError> {
        let (Some(_), Some(node)) = (&self.ports.gift_cards, &self.ports.vendor_node) else {
            return Err(CommandError::Unavailable("the gift-card vendor"));
        };
        let Outcome::Done(room) = node.room().await else {
            return Err(CommandError::Unavailable("the node that pays vendors"));
        };
        let free_msat = room.outbound_msat().saturating_sub(self.config.vendor_send_keep_msat);
        if free_msat < amount.get() {
            return Err(CommandError::NoFloat);
        }
        Ok(reservations::of_send(node.node_id(), free_msat, amount))
    }

    fn terms_hash(
        &self,
        id: PurchaseId,
        store_host: &str,
        quote: &Quote,
        policy: &Policy,
        nonce: Nonce,
    ) -> Result<ids::TermsHash, CommandError> {
        let server = &self.config.server_url;
        let node = quote.node.unwrap_or_else(|| self.ports.nodes.first().node_id());
        let terms = Terms { server, node, purchase: id, store_host, quote, claim_on: policy.claim_on, nonce };
        terms.hash().map_err(|_| CommandError::BadStore)
    }

    /// The shopper walks away, or is done with the card.
    pub async fn cancel(&self, id: PurchaseId) -> Result<Purchase, EngineError> {
        Ok(self.apply(id, &Event::CancelRequested, With::default()).await?.state)
    }

    /// By this rail from now on: the invoice follows ([`Engine::wait_past`]), the one of the other rail is not paid any
    /// more. Chosen already, it changes nothing.
    pub async fn choose_rail(&self, id: PurchaseId, rail: Rail) -> Result<Purchase, EngineError> {
        Ok(self.apply(id, &Event::RailChosen { rail }, With::default()).await?.state)
    }

    /// Waits until the purchase is in none of these states. The caller bounds the wait.
    pub async fn wait_past(&self, id: PurchaseId, states: &[State]) -> Result<Purchase, EngineError> {
        let mut changes = self.subscribe(id);
        let mut purchase = Arc::new(self.purchase(id).await?.ok_or(EngineError::NotFound)?);
        while states.contains(&purchase.state) {
            match self.changed(id, &mut changes).await? {
                Some(now) => purchase = now,
                None => break,
            }
        }
        Ok(Arc::unwrap_or_clone(purchase))
    }

    /// Number and code of the card, or the gift card's code, for one sealing to the shopper's key. Under `claim_on = reveal` the HTLC is claimed
    /// first. The caller bounds the wait; a wait that is cut short loses nothing and may be asked again.
    pub async fn reveal(&self, id: PurchaseId) -> Result<Secrets, EngineError> {
        let asked = |before: &Purchase| Event::RevealRequested { executable: self.executable(before), tip: self.tip() };
        let applied = self.apply_made(id, "reveal_requested", asked, With::default().urgent()).await?;
        let mut purchase = applied.state;
        if purchase.policy.flow == Flow::GiftCard {
            return self.claim_code(&purchase).await;
        }
        let claims = purchase.policy.claim_on == purchase::ClaimOn::Reveal;
        if claims && purchase.state == State::Claiming {
            purchase = self.wait_past(id, &[State::Claiming]).await?;
        }
        if claims && purchase.state == State::Claiming {
            return Err(Rejected::NotReady.into());
        }
        let card = purchase.card.as_ref().and_then(|card| card.card.clone()).ok_or(Rejected::NotReady)?;
        if purchase.state.terminal() || purchase.state == State::Closing {
            return Err(Rejected::TooLate.into());
        }
        match self.ports.issuer.reveal(&CardRef(card)).await {
            Outcome::Done(secrets) => Ok(Secrets::Card(secrets)),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => Err(Rejected::NotReady.into()),
        }
    }

    async fn claim_code(&self, purchase: &Purchase) -> Result<Secrets, EngineError> {
        let (Some(order), Some(vendor)) = (&purchase.vendor, &self.ports.gift_cards) else {
            return Err(Rejected::NotReady.into());
        };
        match vendor.reveal(&order.order_id).await {
            Outcome::Done(code) => Ok(Secrets::GiftCard(code)),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => Err(Rejected::NotReady.into()),
        }
    }

    pub(crate) fn executable(&self, purchase: &Purchase) -> Option<money::Rate> {
        let total = purchase.order_total()?;
        self.ports.prices.executable(total, self.now()).ok().map(|price| price.rate)
    }

    /// The shopper says where a refund goes.
    pub async fn give_destination(&self, id: RefundId, destination: Destination) -> Result<(), EngineError> {
        self.apply_refund(id, &RefundEvent::DestinationGiven { destination }, With::default()).await.map(|_| ())
    }

    /// Prices a refund and offers it under a new link, good as long as a quote is. None: there is no price.
    pub async fn offer_link(&self, id: RefundId, hash: LinkHash) -> Result<Option<Refund>, EngineError> {
        let refund = self.refund(id).await?.ok_or(EngineError::NotFound)?;
        let Ok((amount_msat, rate)) = self.priced(refund.amount) else { return Ok(None) };
        let expires_at = self.now().plus_ms(self.config.quote_ms);
        let event = RefundEvent::LinkOffered { hash, amount_msat, rate, expires_at };
        self.apply_refund(id, &event, With::default()).await.map(|applied| Some(applied.state))
    }

    /// The invoice of a wallet that has the link. The same again changes nothing.
    pub async fn use_link(&self, id: RefundId, hash: LinkHash, invoice: String) -> Result<(), EngineError> {
        self.apply_refund(id, &RefundEvent::LinkUsed { hash, invoice }, With::default()).await.map(|_| ())
    }

    /// The operator says: go on with what is parked.
    pub async fn resume(&self, id: PurchaseId) -> Result<Purchase, EngineError> {
        Ok(self.apply(id, &Event::Resumed, With::default()).await?.state)
    }

    pub async fn resume_refund(&self, id: RefundId) -> Result<(), EngineError> {
        self.apply_refund(id, &RefundEvent::Resumed, With::default()).await.map(|_| ())
    }

    /// The chain's tip as last seen, and whether that was lately.
    pub fn tip(&self) -> Tip {
        let info = self.tips.best();
        info.map_or(Tip { height: 0, fresh: false }, |info| Tip {
            height: info.tip_height,
            fresh: self.is_fresh(info.tip_seen_at),
        })
    }

    fn is_fresh(&self, seen_at: UnixMs) -> bool {
        self.now().since_ms(seen_at) <= self.config.tip_age_ms_max
    }
}

/// What may be quoted of a float of which so much is kept.
fn beyond(available: Money, keep: Option<Money>) -> Result<Money, MoneyError> {
    keep.map_or(Ok(available), |keep| available.saturating_sub(keep))
}

fn no_room(error: EngineError) -> CommandError {
    match error {
        EngineError::Store(StoreError::NoRoom { resource }) if resource.starts_with("room:") => CommandError::NoRoom,
        EngineError::Store(StoreError::NoRoom { resource })
            if resource.starts_with("float:") || resource.starts_with("send:") =>
        {
            CommandError::NoFloat
        }
        EngineError::Store(StoreError::NoRoom { resource }) if resource.starts_with("borne:account:") => {
            CommandError::AccountSuspended
        }
        EngineError::Store(StoreError::NoRoom { resource }) if resource.starts_with("borne:store:") => {
            CommandError::StoreSuspended
        }
        EngineError::Store(StoreError::NoRoom { resource }) if exposure::is_unsold(&resource) => CommandError::NotNow,
        EngineError::Store(StoreError::NoRoom { resource }) => CommandError::Limit(resource),
        other => CommandError::Engine(other),
    }
}

/// What the quote keeps of the consolidated rate.
fn market(of: ObservedRate) -> Market {
    let table = match of.basis {
        RateBasis::Venues => None,
        RateBasis::VenuesAndTable { table, date } | RateBasis::Table { table, date, .. } => {
            Some(DailyTable { name: table, date })
        }
    };
    let venues = u32::try_from(of.venues.len()).unwrap_or(u32::MAX);
    Market { rate: of.rate, observed_at: of.observed_at, venues, table }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Currency;

    #[test]
    fn what_is_kept_is_not_quoted() {
        let usd = |minor| Money::new(minor, Currency::USD).unwrap();
        assert_eq!(beyond(usd(500), None).unwrap(), usd(500));
        assert_eq!(beyond(usd(500), Some(usd(120))).unwrap(), usd(380));
        assert_eq!(beyond(usd(100), Some(usd(120))).unwrap(), usd(0));
        let other = Money::new(1, Currency::EUR).unwrap();
        assert!(beyond(usd(100), Some(other)).is_err());
    }
}
