//! What holds on either chain: these tests, and those of the wallet, run on the in-process chain, or on a
//! `bitcoind -regtest` whose address is in `ANYTILL_REGTEST_URL` (`http://user:password@host:port`). They mine,
//! so on a shared `bitcoind` they run one after the other: `--test-threads=1`.

use std::time::Duration;

use bitcoin::{Address, OutPoint};
use sandbox::chain::{Backend, Chain, ChainError, RpcAccess};

use crate::rpc::{loopback, somewhere};

const SOON: Duration = Duration::from_secs(20);

/// The chain that these tests are to run on.
pub async fn open() -> Chain {
    let backend = match std::env::var("ANYTILL_REGTEST_URL") {
        Ok(url) => Backend::Bitcoind(RpcAccess::from_url(&url).expect("an address")),
        Err(_) => Backend::InProcess { bind: loopback() },
    };
    Chain::open(backend).await.expect("a chain")
}

/// An address that no run before this one has used.
fn fresh() -> Address {
    somewhere(rand::random())
}

#[tokio::test]
async fn faucet_and_lookups() {
    let chain = open().await;
    let to = fresh();
    let script = to.script_pubkey();
    let had = chain.paying(&script).await.expect("an answer").len();
    let had_sat = chain.balance_sat(&script).await.expect("an answer");

    let txid = chain.fund(&to, 496_758).await.expect("funded");
    let waiting = chain.wait_for_mempool(1, SOON).await.expect("in time");
    assert!(waiting.contains(&txid));
    let seen = chain.seen(&txid).await.expect("an answer").expect("there");
    assert_eq!(seen.height, None);
    assert_eq!(chain.balance_sat(&script).await.expect("an answer"), had_sat + 496_758);
    let outputs = chain.paying(&script).await.expect("an answer");
    assert_eq!(outputs.len(), had + 1);
    assert!(outputs.iter().any(|output| output.txid == txid));

    chain.mine(1).await.expect("mined");
    let height = chain.height().await.expect("an answer");
    let seen = chain.seen(&txid).await.expect("an answer").expect("there");
    assert_eq!(seen.height, Some(height));
    let fee_sat = chain.fee_sat(&txid).await.expect("an answer").expect("known");
    assert!((100..10_000).contains(&fee_sat), "{fee_sat}");
    let spent: OutPoint = seen.tx.input[0].previous_output;
    assert_eq!(chain.wait_for_spender(&spent, SOON).await.expect("spent").txid, txid);
    assert!(chain.tip_time().await.expect("an answer") > 1_700_000_000);

    let unspent = outputs.into_iter().find(|output| output.txid == txid).expect("paid");
    let nobody = chain.wait_for_spender(&unspent, Duration::from_millis(100)).await;
    assert!(matches!(nobody, Err(ChainError::Deadline(_))), "{nobody:?}");
}

#[tokio::test]
async fn many_fundings_of_one_block() {
    let chain = open().await;
    let to: Vec<Address> = (0..15).map(|_| fresh()).collect();
    for address in &to {
        chain.fund(address, 1_000_000).await.expect("funded");
    }
    chain.mine(1).await.expect("mined");
    assert!(chain.mempool().await.expect("an answer").is_empty());
    for address in &to {
        let unspent = chain.unspent(&address.script_pubkey()).await.expect("an answer");
        assert!(unspent.iter().all(|utxo| utxo.height.is_some() && !utxo.coinbase));
    }
}

#[tokio::test]
async fn a_double_spend_is_refused() {
    let chain = open().await;
    let to = fresh();
    let txid = chain.fund(&to, 50_000).await.expect("funded");
    let tx = chain.seen(&txid).await.expect("an answer").expect("there").tx;
    chain.mine(1).await.expect("mined");
    let refused = chain.send(&tx).await.expect_err("mined already");
    assert!(matches!(&refused, ChainError::Rpc(error) if error.code == -27), "{refused}");
    let mut other = (*tx).clone();
    other.output.truncate(1);
    let refused = chain.send(&other).await.expect_err("spent already");
    assert!(matches!(&refused, ChainError::Rpc(error) if error.code == -25), "{refused}");
}

#[tokio::test]
async fn reorganised_and_mined_again() {
    let chain = open().await;
    let to = fresh();
    let had_sat = chain.balance_sat(&to.script_pubkey()).await.expect("an answer");
    let txid = chain.fund(&to, 50_000).await.expect("funded");
    chain.mine_empty(2).await.expect("mined");
    assert_eq!(chain.seen(&txid).await.expect("an answer").expect("waits").height, None);
    chain.mine(2).await.expect("mined");
    let (height, tip) = (chain.height().await.expect("an answer"), chain.tip_hash().await.expect("an answer"));
    assert_eq!(chain.seen(&txid).await.expect("an answer").expect("mined").height, Some(height - 1));

    chain.reorg(2).await.expect("reorganised");
    assert_eq!(chain.height().await.expect("an answer"), height + 1);
    assert_ne!(chain.tip_hash().await.expect("an answer"), tip);
    assert_eq!(chain.seen(&txid).await.expect("an answer").expect("mined again").height, Some(height - 1));
    assert_eq!(chain.balance_sat(&to.script_pubkey()).await.expect("an answer"), had_sat + 50_000);
}

#[tokio::test]
async fn an_address_of_the_callers_is_mined_to() {
    let chain = open().await;
    let to = fresh();
    chain.mine_to(&to, 2).await.expect("mined");
    let height = chain.height().await.expect("an answer");
    let unspent = chain.unspent(&to.script_pubkey()).await.expect("an answer");
    assert!(unspent.iter().any(|utxo| utxo.coinbase && utxo.height == Some(height)), "{unspent:?}");
}
