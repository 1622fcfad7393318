//! Hold invoices that can be held for long enough.
//!
//! `receive_for_hash` of ldk-node 0.7 writes its default final CLTV of 42 blocks into the invoice, of which about four
//! are sure to be left for holding: LDK fails an HTLC back 39 blocks before its expiry. So its invoice is taken, that
//! one field is changed, and it is signed again with the node's key. The payment secret does not commit to the field
//! (LDK's `UserPaymentHash` method), so LDK accepts what is paid to it.
//!
//! The node does not enforce the larger value: whoever holds has to look at `claim_deadline` when the HTLC arrives.

use bitcoin::secp256k1::{Secp256k1, SecretKey};
use lightning_invoice::{Bolt11Invoice, MinFinalCltvExpiryDelta, RawTaggedField, SignedRawBolt11Invoice, TaggedField};

/// The same invoice with another `min_final_cltv_expiry_delta` (BOLT 11 `c`), signed by `key`.
///
/// # Errors
/// A text for the operator; only if ldk-node's own invoice was not valid.
pub(super) fn with_final_cltv(invoice: Bolt11Invoice, delta: u16, key: &SecretKey) -> Result<Bolt11Invoice, String> {
    let (mut raw, ..) = invoice.into_signed_raw().into_parts();
    let field = TaggedField::MinFinalCltvExpiryDelta(MinFinalCltvExpiryDelta(u64::from(delta)));
    raw.data
        .tagged_fields
        .retain(|field| !matches!(field, RawTaggedField::KnownSemantics(TaggedField::MinFinalCltvExpiryDelta(_))));
    raw.data.tagged_fields.push(RawTaggedField::KnownSemantics(field));
    let secp = Secp256k1::signing_only();
    let signed: SignedRawBolt11Invoice = raw
        .sign(|hash| Ok::<_, ()>(secp.sign_ecdsa_recoverable(hash, key)))
        .map_err(|()| "the invoice could not be signed".to_owned())?;
    Bolt11Invoice::from_signed(signed).map_err(|error| format!("the invoice cannot be rebuilt: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::{Hash as _, sha256};
    use bitcoin::secp256k1::PublicKey;
    use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret, RouteHint, RouteHintHop, RoutingFees};
    use std::time::Duration;

    fn hint(key: &SecretKey) -> RouteHint {
        RouteHint(vec![RouteHintHop {
            src_node_id: PublicKey::from_secret_key(&Secp256k1::new(), key),
            short_channel_id: 7,
            fees: RoutingFees { base_msat: 1, proportional_millionths: 2 },
            cltv_expiry_delta: 40,
            htlc_minimum_msat: None,
            htlc_maximum_msat: None,
        }])
    }

    #[test]
    fn only_the_final_cltv_changes() {
        let key = SecretKey::from_slice(&[5; 32]).unwrap();
        let secp = Secp256k1::new();
        let before = InvoiceBuilder::new(Currency::Regtest)
            .description("Anytill 1a2b 27.11 USD".to_owned())
            .duration_since_epoch(Duration::from_secs(1_700_000_000))
            .payee_pub_key(PublicKey::from_secret_key(&secp, &key))
            .payment_hash(sha256::Hash::hash(b"preimage"))
            .payment_secret(PaymentSecret([3; 32]))
            .basic_mpp()
            .min_final_cltv_expiry_delta(42)
            .expiry_time(Duration::from_secs(600))
            .amount_milli_satoshis(496_758_000)
            .private_route(hint(&key))
            .build_signed(|hash| secp.sign_ecdsa_recoverable(hash, &key))
            .unwrap();

        let after = with_final_cltv(before.clone(), 80, &key).unwrap();
        assert_eq!(after.min_final_cltv_expiry_delta(), 80);
        assert_eq!(after.recover_payee_pub_key(), before.recover_payee_pub_key());
        assert_eq!(after.to_string().parse::<Bolt11Invoice>().unwrap(), after);

        let back = with_final_cltv(after, 42, &key).unwrap();
        let fields = |invoice: &Bolt11Invoice| {
            let mut fields: Vec<String> = invoice.tagged_fields().map(|field| format!("{field:?}")).collect();
            fields.sort();
            fields
        };
        assert_eq!(fields(&back), fields(&before));
        assert_eq!(back.amount_milli_satoshis(), before.amount_milli_satoshis());
        assert_eq!(back.duration_since_epoch(), before.duration_since_epoch());
    }
}
