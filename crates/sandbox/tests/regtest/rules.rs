//! The rules: what the chain refuses, what a reorganisation does, what the lookups say.

use std::time::Duration;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};
use sandbox::chain::Chain;
use serde_json::json;

use crate::rpc::{error, somewhere, start};

/// Spends an output without a signature: the chain runs no scripts.
fn spend(from: OutPoint, sequence: u32, lock_time: u32, outputs: &[(u8, u64)]) -> Transaction {
    let output = |(tag, sat): &(u8, u64)| TxOut {
        value: Amount::from_sat(*sat),
        script_pubkey: somewhere(*tag).script_pubkey(),
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(lock_time),
        input: vec![TxIn {
            previous_output: from,
            script_sig: ScriptBuf::new(),
            sequence: Sequence(sequence),
            witness: Witness::from_slice(&[[1_u8; 64]]),
        }],
        output: outputs.iter().map(output).collect(),
    }
}

/// An output of this many satoshis, confirmed.
async fn coin(chain: &Chain, tag: u8, sat: u64) -> OutPoint {
    chain.fund(&somewhere(tag), sat).await.expect("funded");
    chain.mine(1).await.expect("mined");
    let paid = chain.paying(&somewhere(tag).script_pubkey()).await.expect("an answer");
    *paid.last().expect("paid")
}

async fn refused(chain: &Chain, tx: &Transaction) -> (i32, String) {
    error(chain, "sendrawtransaction", json!([serialize_hex(tx)])).await
}

#[tokio::test]
async fn double_spends() {
    let chain = start().await;
    let from = coin(&chain, 1, 100_000).await;
    let first = spend(from, u32::MAX, 0, &[(2, 99_000)]);
    let txid = chain.send(&first).await.expect("accepted");
    assert_eq!(chain.send(&first).await.expect("known already"), txid);

    let second = spend(from, u32::MAX, 0, &[(3, 99_000)]);
    let (code, reason) = refused(&chain, &second).await;
    assert_eq!(code, -26);
    assert!(reason.starts_with("insufficient fee, rejecting replacement"), "{reason}");
    // Only a higher fee replaces.
    let dearer = spend(from, u32::MAX, 0, &[(4, 98_000)]);
    let replacement = chain.send(&dearer).await.expect("accepted");
    assert_eq!(chain.mempool().await.expect("an answer"), [replacement]);

    chain.mine(1).await.expect("mined");
    let spent = refused(&chain, &first).await;
    assert_eq!(spent, (-25, "bad-txns-inputs-missingorspent".to_owned()));
    assert_eq!(refused(&chain, &dearer).await.0, -27);
    let seen = chain.spender_of(&from).await.expect("an answer").expect("spent");
    assert_eq!((seen.txid, seen.height), (replacement, Some(112)));
    assert_eq!(chain.fee_sat(&replacement).await.expect("an answer"), Some(2_000));
}

#[tokio::test]
async fn what_is_refused() {
    let chain = start().await;
    let rich = coin(&chain, 5, 3_000_000).await;
    let from = coin(&chain, 1, 100_000).await;
    let height = chain.height().await.expect("an answer");
    let unknown = OutPoint { vout: 9, ..from };
    let coinbase =
        chain.client().call::<serde_json::Value>("getblock", json!([chain.tip_hash().await.expect("a tip"), 1]));
    let coinbase = coinbase.await.expect("a block")["tx"][0].as_str().expect("an id").parse().expect("an id");
    let young = OutPoint { txid: coinbase, vout: 0 };
    let time = u32::try_from(chain.tip_time().await.expect("an answer")).expect("32 bits");
    let type_time = 1 << 22;
    let table = [
        (spend(unknown, 0, 0, &[(2, 1_000)]), -25, "bad-txns-inputs-missingorspent"),
        (spend(from, 0, 0, &[(2, 100_001)]), -26, "bad-txns-in-belowout"),
        (spend(from, 0, 0, &[(2, 100_000)]), -26, "min relay fee not met"),
        (spend(from, 0, 0, &[(2, 329), (3, 90_000)]), -26, "dust"),
        (spend(from, 0, 0, &[]), -26, "bad-txns-vout-empty"),
        (spend(young, u32::MAX, 0, &[(2, 1_000_000)]), -26, "bad-txns-premature-spend-of-coinbase"),
        (spend(from, 0, height + 1, &[(2, 99_000)]), -26, "non-final"),
        (spend(from, 0, time + 1_000, &[(2, 99_000)]), -26, "non-final"),
        (spend(from, 2, 0, &[(2, 99_000)]), -26, "non-BIP68-final"),
        (spend(from, type_time | 10, 0, &[(2, 99_000)]), -26, "non-BIP68-final"),
        (spend(rich, u32::MAX, 0, &[(2, 10_000)]), -25, "Fee exceeds maximum"),
    ];
    for (tx, code, reason) in &table {
        let got = refused(&chain, tx).await;
        assert!(got.0 == *code && got.1.contains(reason), "{reason}: got {got:?}");
    }
    assert_eq!(chain.mempool().await.expect("an answer"), []);
    // The relative lock runs out with one more block, and zero lifts the limit on the fee.
    chain.mine(1).await.expect("mined");
    chain.send(&table[8].0).await.expect("final now");
    let dear = serialize_hex(&spend(rich, u32::MAX, 0, &[(2, 10_000)]));
    chain.client().call::<String>("sendrawtransaction", json!([dear, 0])).await.expect("no limit");
}

#[tokio::test]
async fn coinbase_matures_after_a_hundred_blocks() {
    let chain = start().await;
    let miner = somewhere(7);
    chain.mine_to(&miner, 1).await.expect("mined");
    let from = chain.paying(&miner.script_pubkey()).await.expect("an answer")[0];
    let tx = spend(from, u32::MAX, 0, &[(8, 49 * 100_000_000)]);
    let send = || chain.client().call::<String>("sendrawtransaction", json!([serialize_hex(&tx), 0]));
    chain.mine(98).await.expect("mined");
    assert!(send().await.is_err());
    chain.mine(1).await.expect("mined");
    send().await.expect("mature");
}

#[tokio::test]
async fn reorganisation() {
    let chain = start().await;
    let from = coin(&chain, 1, 100_000).await;
    let old_tip = chain.tip_hash().await.expect("a tip");
    let txid = chain.send(&spend(from, u32::MAX, 0, &[(2, 99_000)])).await.expect("accepted");
    chain.mine(3).await.expect("mined");
    let height = chain.height().await.expect("an answer");
    let tip = chain.tip_hash().await.expect("a tip");
    assert_eq!(chain.balance_sat(&somewhere(2).script_pubkey()).await.expect("an answer"), 99_000);

    chain.reorg(4).await.expect("reorganised");
    assert_eq!(chain.height().await.expect("an answer"), height + 1);
    for gone in [old_tip, tip] {
        let header: serde_json::Value = chain.client().call("getblockheader", json!([gone])).await.expect("kept");
        assert_eq!(header["confirmations"], -1);
    }
    // Both transactions came back and are mined anew, one block up at most.
    let seen = chain.seen(&txid).await.expect("an answer").expect("there");
    assert_eq!(seen.height, Some(height - 3));
    assert_eq!(chain.balance_sat(&somewhere(2).script_pubkey()).await.expect("an answer"), 99_000);
    assert!(chain.unspent(&somewhere(1).script_pubkey()).await.expect("an answer").is_empty());
}

#[tokio::test]
async fn a_reorganisation_can_undo_a_spend() {
    let chain = start().await;
    let from = coin(&chain, 1, 100_000).await;
    let first = chain.send(&spend(from, u32::MAX, 0, &[(2, 99_000)])).await.expect("accepted");
    let block = chain.mine(1).await.expect("mined")[0];
    chain.client().call::<Option<()>>("invalidateblock", json!([block])).await.expect("taken off");
    assert_eq!(chain.mempool().await.expect("an answer"), [first]);
    assert_eq!(chain.seen(&first).await.expect("an answer").expect("waits").height, None);

    let other = chain.send(&spend(from, u32::MAX, 0, &[(3, 90_000)])).await.expect("replaces");
    chain.mine(2).await.expect("mined");
    assert!(chain.seen(&first).await.expect("an answer").is_none());
    assert_eq!(chain.spender_of(&from).await.expect("an answer").expect("spent").txid, other);
}

#[tokio::test]
async fn blocks_without_what_waits() {
    let chain = start().await;
    let txid = chain.fund(&somewhere(1), 50_000).await.expect("funded");
    chain.mine_empty(3).await.expect("mined");
    assert_eq!(chain.mempool().await.expect("an answer"), [txid]);
    chain.mine(1).await.expect("mined");
    assert_eq!(chain.seen(&txid).await.expect("an answer").expect("there").height, Some(114));
}

#[tokio::test]
async fn time_rises_and_is_real() {
    let chain = start().await;
    let mut last = 0;
    for height in 0..=110 {
        let hash: String = chain.client().call("getblockhash", json!([height])).await.expect("a hash");
        let header: serde_json::Value = chain.client().call("getblockheader", json!([hash])).await.expect("a header");
        let time = header["time"].as_u64().expect("a time");
        assert!(time >= last, "block {height}");
        last = time;
    }
    let now = sandbox::chain::core::Core::now_s();
    // A hundred blocks at once push the median ahead by one second for each six of them.
    assert!(last.abs_diff(now) < 60, "{last} {now}");
}

#[tokio::test]
async fn faucet_gives_many_times_and_says_when_empty() {
    let chain = start().await;
    for tag in 10..30 {
        chain.fund(&somewhere(tag), 10_000_000).await.expect("funded");
    }
    let waiting = chain.wait_for_mempool(20, Duration::from_secs(5)).await.expect("all there");
    assert_eq!(waiting.len(), 20);
    chain.mine(1).await.expect("mined");
    for tag in 10..30 {
        assert_eq!(chain.balance_sat(&somewhere(tag).script_pubkey()).await.expect("an answer"), 10_000_000);
    }
    let refused = chain.fund(&somewhere(1), 21_000_000 * 100_000_000).await.expect_err("too much");
    assert!(refused.to_string().starts_with("the faucet has"), "{refused}");
}
