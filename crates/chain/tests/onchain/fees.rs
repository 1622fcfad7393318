//! What `bitcoind` estimates, asked without a wallet.

use crate::proxy::Fault;
use crate::world::{World, access};
use chain_wallet::CoreFees;
use ports::{ChainFeeRate, ChainFees as _, Outcome};

#[tokio::test]
async fn each_number_of_blocks_is_asked_for_and_silence_is_no_estimate() {
    let world = World::start().await;
    let fees = CoreFees::new(&access(&world.proxy)).unwrap();
    // Core itself has seen too little on regtest; the chain in this process always says the same.
    let rate = |blocks| ChainFeeRate { blocks, sat_per_kvb: 1_000 };
    let found = fees.fee_rates(&[2, 6, 144]).await;
    let all = Outcome::Done(vec![rate(2), rate(6), rate(144)]);
    assert!(found == all || found == Outcome::Done(Vec::new()), "{found:?}");
    assert_eq!(world.proxy.calls("estimatesmartfee"), 3);
    world.proxy.next("estimatesmartfee", Fault::Lost);
    assert!(!matches!(fees.fee_rates(&[2]).await, Outcome::Done(_)));
    assert!(
        matches!(fees.fee_rates(&[0]).await, Outcome::NotSent(why) if why.contains("-8")),
        "what it refuses is said"
    );
}
