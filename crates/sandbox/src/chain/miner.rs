//! Assembles the next block and finds its nonce: as `generatetoaddress` does, one after the other.
//!
//! Invariant: what comes out satisfies [`ChainState::connect`]. A block's coinbase carries a number
//! of its own, so that a block mined again after a reorganisation never has the hash of the old one.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::Builder;
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness};

use super::state::ChainState;

/// Starts the commitment to all witnesses in the coinbase (BIP141), after OP_RETURN and its length.
const COMMITMENT_MAGIC: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];
/// The version that Core's miner sets while no deployment is signalled.
const BLOCK_VERSION: i32 = 0x2000_0000;

/// What the next block is made of.
pub struct Template {
    /// Where subsidy and fees go.
    pub pay_to: ScriptBuf,
    /// Parents before children.
    pub txs: Vec<Transaction>,
    pub fees_sat: u64,
    /// Wall clock, seconds since 1970.
    pub now_s: u32,
    /// Told apart from every other block at this height.
    pub extra_nonce: u64,
}

/// The first push of a coinbase's script: the height (BIP34).
pub fn height_push(height: u32) -> ScriptBuf {
    Builder::new().push_int(i64::from(height)).into_script()
}

/// A block on the tip with a nonce that meets the target (two tries on average, on regtest).
pub fn mine(state: &ChainState, template: Template) -> Block {
    let height = state.height() + 1;
    let tip = &state.tip().block.header;
    let mut txdata = vec![coinbase(height, &template)];
    txdata.extend(template.txs);
    let header = Header {
        version: Version::from_consensus(BLOCK_VERSION),
        prev_blockhash: state.tip_hash(),
        merkle_root: TxMerkleNode::all_zeros(),
        // Never before its parent, and after the median of the last eleven.
        time: template.now_s.max(tip.time).max(state.median_time(&state.tip_hash()) + 1),
        bits: tip.bits,
        nonce: 0,
    };
    seal(Block { header, txdata })
}

/// Commits to all witnesses and transactions and finds the nonce. The first transaction is a coinbase.
pub fn seal(mut block: Block) -> Block {
    commit_to_witnesses(&mut block);
    block.header.merkle_root = block.compute_merkle_root().expect("a coinbase is there");
    let target = block.header.target();
    while block.header.validate_pow(target).is_err() {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}

fn coinbase(height: u32, template: &Template) -> Transaction {
    let mut witness = Witness::new();
    witness.push([0_u8; 32]);
    let script_sig =
        Builder::new().push_int(i64::from(height)).push_slice(template.extra_nonce.to_le_bytes()).into_script();
    let value = ChainState::subsidy_sat(height).saturating_add(template.fees_sat);
    Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn { previous_output: OutPoint::null(), script_sig, sequence: Sequence::MAX, witness }],
        output: vec![TxOut { value: Amount::from_sat(value), script_pubkey: template.pay_to.clone() }],
    }
}

/// Adds the commitment output, as Core does to every block, with witnesses in it or not.
fn commit_to_witnesses(block: &mut Block) {
    let root = block.witness_root().expect("a coinbase is there");
    let commitment = Block::compute_witness_commitment(&root, &[0_u8; 32]);
    let mut data = [0_u8; 36];
    data[..4].copy_from_slice(&COMMITMENT_MAGIC);
    data[4..].copy_from_slice(commitment.as_byte_array());
    let script_pubkey = Builder::new().push_opcode(OP_RETURN).push_slice(data).into_script();
    block.txdata[0].output.push(TxOut { value: Amount::ZERO, script_pubkey });
}
