//! An intent to send that has no record at ldk-node: the process died between the two. Was anything sent?
//!
//! What left is in a channel. It is in our own commitment once the peer has answered, and before that the peer can
//! neither forward nor claim it but on the chain. So, looked at with every channel in touch with its peer and none
//! closed and unsettled, an HTLC that is nowhere was never sent. Anything less is no answer: LDK's own event ends it.

use super::node::Shared;
use ids::PaymentHash;
use ldk_node::LightningBalance;
use std::collections::HashSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    NeverSent,
    UnderWay,
    CannotTell,
}

impl Shared {
    pub fn doubt(&self, hash: &PaymentHash) -> Doubt {
        let channels = self.node.list_channels();
        let open: HashSet<_> = channels.iter().map(|channel| channel.channel_id).collect();
        let mut unsettled = false;
        for balance in self.node.list_balances().lightning_balances {
            let channel_id = match balance {
                LightningBalance::MaybeTimeoutClaimableHTLC { payment_hash, outbound_payment: true, .. }
                    if payment_hash.0 == hash.0 =>
                {
                    return Doubt::UnderWay;
                }
                LightningBalance::ClaimableOnChannelClose { channel_id, .. }
                | LightningBalance::ClaimableAwaitingConfirmations { channel_id, .. }
                | LightningBalance::ContentiousClaimable { channel_id, .. }
                | LightningBalance::MaybeTimeoutClaimableHTLC { channel_id, .. }
                | LightningBalance::MaybePreimageClaimableHTLC { channel_id, .. }
                | LightningBalance::CounterpartyRevokedOutputClaimable { channel_id, .. } => channel_id,
            };
            unsettled |= !open.contains(&channel_id);
        }
        if !unsettled && channels.iter().all(|channel| channel.is_usable) {
            Doubt::NeverSent
        } else {
            Doubt::CannotTell
        }
    }
}
