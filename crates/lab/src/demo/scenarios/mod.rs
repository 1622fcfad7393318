//! Each way a purchase can go, what it must end in, and what it may cost the payer to the millisatoshi.

mod after;
mod before;
mod charge;
mod closed;
mod crash;
mod gift;
mod linked;
mod nodes;
mod onchain;
mod onchain_odd;
mod steps;
mod table;

use super::timeline::Timeline;
use super::world::World;
use super::{ClaimOn, NodeKind, PayerName, Payout, Rail, Way};
use anyhow::{Result, ensure};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
pub use table::{ALL, SEVERAL_NODES};

/// 0.00496758 BTC: what the album costs at 5,457.386 USD/BTC.
pub const PRICE_MSAT: i64 = 496_758_000;
/// The order total, minor units.
pub const TOTAL_MINOR: u64 = 2_711;
/// Longest wait for anything that is not a window's end.
pub const PATIENCE: Duration = Duration::from_secs(30);

type Playing<'a> = Pin<Box<dyn Future<Output = Result<Ended>> + Send + 'a>>;

/// One way.
pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    /// The purchase's last state.
    pub state: &'static str,
    /// What the payer's balance changes by, msat, on-chain resolution included.
    pub change_msat: i64,
    payouts: &'static [Payout],
    ways: &'static [Way],
    /// Plays under `reveal` whatever was asked, so the shopper has a refund destination first.
    needs_address: bool,
    play: for<'a> fn(&'a mut World, ClaimOn, &'a Timeline) -> Playing<'a>,
}

/// How a scenario ended.
pub struct Ended {
    pub purchase: String,
    pub state: String,
}

/// What is measured of it from outside.
pub struct Measured {
    pub purchase: String,
    pub state: String,
    pub change_msat: i64,
    pub elapsed_ms: u64,
    pub good: bool,
}

impl Scenario {
    pub fn applies_to(&self, payout: Payout, way: Way) -> bool {
        self.payouts.contains(&payout) && self.of_way(way)
    }

    /// What shows a change of the rail needs one that changes it.
    pub fn of_rail(&self, rail: Rail) -> bool {
        self.name != "turned-back" || rail == Rail::Lnurl
    }

    /// It leaves no channel behind, or needs a wallet without coins of others.
    pub fn alone(&self) -> bool {
        self.name.starts_with("force-") || self.name == "chain-gone"
    }

    /// An LND confirms a claim on the chain a day later: its stores are declined then, and that is no purchase.
    pub fn of_node(&self, node: NodeKind) -> bool {
        self.name != "force-close" || node == NodeKind::Ldk
    }

    pub fn of_way(&self, way: Way) -> bool {
        self.ways.contains(&way)
    }

    /// What spends one coin twice needs a wallet that lets its coins be chosen; a destination of refunds before paying is
    /// an address, which Electrum has not; and how a close ends for Electrum was not looked at.
    pub fn of_payer(&self, payer: PayerName) -> bool {
        let chooses = payer == PayerName::Ldk
            || !["chain-replaced", "chain-double-spent", "chain-small-coins", "chain-gone"].contains(&self.name);
        let simple = !self.needs_address && !self.name.starts_with("force-");
        chooses && (payer != PayerName::Electrum || simple)
    }
}

/// More than commitment, anchors and sweep cost at the chain's lowest fees, and far less than what was bought.
const CLOSE_FEES_MSAT_MAX: i64 = 10_000_000;

/// The default: nothing goes wrong.
pub fn purchase() -> &'static Scenario {
    &ALL[0]
}

/// What the payer has beside the Lightning wallet: in the linked account, and of what it was given on the chain.
async fn elsewhere_msat(world: &World) -> Result<i64> {
    let linked_sat = world.linked.as_ref().map_or(Ok(0), super::linked::Linked::sat)?;
    let onchain_sat = match &world.onchain {
        Some(payer) => payer.left_sat().await?,
        None => 0,
    };
    Ok((i64::try_from(linked_sat)? + onchain_sat) * 1_000)
}

/// Plays one and measures it from outside: the payer's wallet, and linked account, before and after.
pub async fn play(
    scenario: &'static Scenario,
    world: &mut World,
    claim_on: ClaimOn,
    timeline: &Timeline,
) -> Result<Measured> {
    let before = i64::try_from(world.payer.balance_at_rest(PATIENCE).await?.total_msat)?;
    let before = before + elsewhere_msat(world).await?;
    // Everybody else gives an invoice when something is owed.
    // A gift card is paid for before the store is: there, too, a destination comes first.
    let lightning = world.linked.is_none() && world.onchain.is_none();
    let first = lightning && (claim_on == ClaimOn::Reveal || scenario.needs_address);
    let usual = if first || world.vendor.is_some() {
        let careful = world.shopper_with_address().await?;
        Some(std::mem::replace(&mut world.shopper, careful))
    } else {
        None
    };
    let ended = (scenario.play)(world, claim_on, timeline).await?;
    if let Some(usual) = usual {
        world.shopper = usual;
    }
    if let Some(payer) = &world.onchain {
        payer.sync().await?;
    }
    let chain = world.chain.clone();
    let after = match world.payer.balance_at_rest(Duration::from_secs(10)).await {
        Ok(balance) => balance,
        // A channel was closed: on-chain until nothing moves.
        Err(_) => world.payer.mine_until_at_rest(&chain, Duration::from_secs(120)).await?,
    };
    let change_msat = i64::try_from(after.total_msat)? + elsewhere_msat(world).await? - before;
    let fees_msat = scenario.change_msat - change_msat;
    // Whose channel was closed on the chain paid for that, as its funder does: the chain's fees and nothing else.
    let closed = !world.payer.has_channel().await?;
    let exact = fees_msat == 0 || (closed && (0..=CLOSE_FEES_MSAT_MAX).contains(&fees_msat));
    let good = ended.state == scenario.state && exact;
    if closed {
        timeline.note(&format!("the channel was closed on the chain: {fees_msat} msat of its fees are the payer's"));
    }
    let measured =
        Measured { purchase: ended.purchase, state: ended.state, change_msat, elapsed_ms: timeline.elapsed_ms(), good };
    timeline.step(
        "result",
        &format!("{}; the payer's balance changed by {change_msat} msat", measured.state),
        serde_json::json!({ "state": measured.state, "payer_change_msat": change_msat, "as_expected": good }),
    );
    ensure!(
        good,
        "expected {} and {} msat, got {} and {change_msat} msat",
        scenario.state,
        scenario.change_msat,
        measured.state
    );
    Ok(measured)
}
