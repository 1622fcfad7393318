//! The real server: the binary as an operator runs it, its embedded node, the payer's wallet with a channel, the
//! simulated issuer. What is measured: the authorization, the way from the HTLC to the card, the memory.

use super::bare::BareNode;
use super::disk::Disk;
use super::figures::{Figure, Samples};
use super::log::{SaleTimes, StepLog};
use super::{memory, progress};
use crate::demo::server::{Rules, Windows};
use crate::demo::timeline::Timeline;
use crate::demo::world::{Programs, World, WorldOptions};
use crate::demo::{ExchangeName, IssuerName, Issuing, PayerName, Selling};
use anyhow::{Context as _, Result, bail, ensure};
use sandbox::lithic::{CardRef, Charge};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// $2.11: small enough for many through one channel, and no small check of a card.
const TOTAL_MINOR: u64 = 211;
const TOTAL_CHARGED: i64 = 211;
const PATIENCE: Duration = Duration::from_secs(60);
/// As the demo's channel.
const CAPACITY_SAT: u64 = 16_000_000;
/// A claim that is not like later ones: caches are filled, statements prepared.
const WARM_UP: u32 = 5;

/// What to do how often.
pub struct Plan {
    pub authorizations: u32,
    pub idle: Duration,
}

/// What was measured.
#[derive(Default)]
struct Measured {
    claims: Samples,
    commits: Samples,
    answers: Samples,
    holds: Vec<Hold>,
    /// Orders of earlier purchases.
    orders_before: usize,
}

struct Hold {
    purchase: String,
    payment_hash: String,
    /// When the exchange was asked to sell it.
    order_asked: SystemTime,
}

pub async fn run(dir: &Path, plan: &Plan) -> Result<Vec<Figure>> {
    let timeline = Timeline::aside();
    let options = WorldOptions {
        bitcoind: None,
        dir: Some(dir.to_owned()),
        windows: Windows::PATIENT,
        rules: Rules::default(),
        issuer: IssuerName::Lithic,
        exchange: ExchangeName::Kraken,
        gift_cards: false,
        linked: false,
        onchain: false,
        direct: true,
        settings: vec![
            // Times of steps are read from the log.
            ("ANYTILL_LOG__FORMAT", "json".to_owned()),
            ("ANYTILL_LOG__FILTER", "info,lightning_node=debug,engine=debug".to_owned()),
            // One shopper stands for many.
            ("ANYTILL_LIMITS__CARDS_DAY_MAX", "1000000".to_owned()),
            ("ANYTILL_LIMITS__DAY_MAX", "1000000.00 USD".to_owned()),
        ],
        programs: Programs::default(),
        lnds: 0,
        payer: PayerName::Ldk,
    };
    let mut world = World::start(options, &timeline).await?;
    let done = measure(&mut world, plan).await;
    if done.is_err() {
        world.show_log_tail(&timeline);
    }
    world.stop().await;
    done
}

async fn measure(world: &mut World, plan: &Plan) -> Result<Vec<Figure>> {
    let pid = world.server.pid().context("the server is not running")?;
    progress(&format!("the server's memory after {} s without a purchase", plan.idle.as_secs()));
    tokio::time::sleep(plan.idle).await;
    let idle = memory::of(pid)?;
    let mut figures = vec![
        Figure::single("idle", "idle server with its node: resident memory", "MiB", idle.resident_mib)
            .median_below(memory::AIM_MIB),
        Figure::single("idle_own", "  of it not shared with files", "MiB", idle.anonymous_mib),
    ];
    if plan.authorizations > 0 {
        figures.extend(authorizations(world, plan).await?);
        tokio::time::sleep(plan.idle).await;
        let after = memory::of(pid)?;
        figures.push(Figure::single(
            "idle_after",
            "the same server, idle again after the purchases",
            "MiB",
            after.resident_mib,
        ));
    }
    Ok(figures)
}

async fn authorizations(world: &World, plan: &Plan) -> Result<Vec<Figure>> {
    progress("a bare Lightning node with a channel");
    let mut bare = BareNode::start(world.dir(), &world.chain, world.payer.ldk()?, CAPACITY_SAT).await?;
    let disk = Disk::open(world.dir(), "commits.sqlite")?;
    let mut measured = Measured::default();
    for number in 0..WARM_UP + plan.authorizations {
        if number == WARM_UP {
            measured = Measured { orders_before: measured.orders_before, ..Measured::default() };
        }
        one(world, &mut bare, &disk, &mut measured).await.with_context(|| format!("purchase {number}"))?;
        if number.is_multiple_of(20) {
            progress(&format!("authorizations: {number} of {}", WARM_UP + plan.authorizations));
        }
    }
    bare.stop().await;
    let log = StepLog::read(&world.server.log_path())?;
    let mut ready = Samples::default();
    let mut sales = Sales::default();
    for hold in &measured.holds {
        ready.push(log.held_to_ready(&hold.payment_hash, &hold.purchase)?);
        sales.push(&log.confirmed_to_order(&hold.payment_hash, &hold.purchase, hold.order_asked)?);
    }
    let claim_ms = measured.claims.median_ms();
    let commit_ms = measured.commits.median_ms();
    let base_ms = claim_ms.zip(commit_ms).map(|(claim, commit)| claim + commit);
    let mut figures = vec![
        Figure::times("claim", "a bare claim and its confirmation", &measured.claims),
        Figure::times("commit", "one durable commit (SQLite, full sync)", &measured.commits),
        Figure::times("authorization", "authorization webhook in to answer out", &measured.answers)
            .median_of("claim + commit", base_ms)
            .ratio_below(1.5),
        Figure::times("card", "HTLC held to card ready, simulated issuer's time included", &ready).median_below(10.0),
    ];
    figures.extend(sales.figures());
    Ok(figures)
}

/// From the confirmed claim to the order at the exchange, and its parts.
#[derive(Default)]
struct Sales {
    total: Samples,
    commit: Samples,
    outbox: Samples,
    request: Samples,
}

impl Sales {
    fn push(&mut self, times: &SaleTimes) {
        self.total.push(times.total());
        self.commit.push(times.commit);
        self.outbox.push(times.outbox);
        self.request.push(times.request);
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::times("order", "claim confirmed to the order at the exchange", &self.total).median_below(20.0),
            Figure::times("order_commit", "  of it until the commit as funded", &self.commit),
            Figure::times("order_outbox", "  of it until the order is marked as sent", &self.outbox),
            Figure::times("order_request", "  of it until the exchange has the request", &self.request),
        ]
    }
}

/// A whole purchase at the server, then a bare claim and a bare commit: what disturbs one disturbs the others.
async fn one(world: &World, bare: &mut BareNode, disk: &Disk, measured: &mut Measured) -> Result<()> {
    let shopper = &world.shopper;
    let view = shopper.create(TOTAL_MINOR, "USD", "authorization", &shopper.new_nonce()).await?;
    let view = shopper.wait(&view.id, &["invoiced"], PATIENCE).await?;
    let hash = world.payer.pay(&view.bolt11).await?;
    shopper.wait(&view.id, &["card_ready"], PATIENCE).await?;
    let Issuing::Lithic(issuer) = &world.issuer else { bail!("the bench measures Lithic") };
    let cards = issuer.cards();
    let card = cards.iter().rev().find(|card| card.memo.contains(&view.id)).context("no card")?;
    let charge = Charge::new(CardRef::Token(card.token.clone()), TOTAL_CHARGED, "USD");
    let charged = issuer.charge(charge).await?;
    ensure!(charged.is_approved(), "{:?}", charged.outcome);
    measured.answers.push(charged.answered_in.context("the server was not asked")?);
    issuer.capture(&charged.token.context("no transaction")?, TOTAL_CHARGED)?;
    shopper.wait(&view.id, &["completed"], PATIENCE).await?;
    let order_asked = order_asked(world, measured.orders_before).await?;
    measured.orders_before += 1;
    measured.holds.push(Hold { purchase: view.id, payment_hash: hex::encode(hash), order_asked });

    bare.claim(world.payer.ldk()?, view.amount_msat, &mut measured.claims).await?;
    tokio::task::block_in_place(|| disk.commit(&mut measured.commits))
}

/// Each purchase is sold by one order, and none is tried again.
async fn order_asked(world: &World, before: usize) -> Result<SystemTime> {
    let Selling::Kraken(exchange) = &world.exchange else { bail!("the bench measures Kraken") };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let asked = exchange.orders_asked();
        ensure!(asked.len() <= before + 1, "{} orders for {} purchases", asked.len(), before + 1);
        match asked.get(before) {
            Some(at) => return Ok(*at),
            None => ensure!(Instant::now() < deadline, "the bitcoin was not sold"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
