//! What the engine asks about shoppers, answered by their accounts.

use accounts::{Accounts, RefundDestination};
use async_trait::async_trait;
use engine::Shoppers;
use ids::AccountId;
use ports::{CardHolder, Secret};
use purchase::Destination;
use std::sync::Arc;

pub struct AccountShoppers(pub Arc<Accounts>);

#[async_trait]
impl Shoppers for AccountShoppers {
    /// Nobody's name where there is no address: the issuer then decides whether it makes the card.
    async fn card_holder(&self, account: AccountId) -> CardHolder {
        let address = match self.0.billing_address(account).await {
            Ok(Some(address)) => address,
            Ok(None) => return CardHolder::default(),
            Err(error) => {
                tracing::error!(%account, %error, "a billing address cannot be read");
                return CardHolder::default();
            }
        };
        let parts = address.parts();
        let secret = |text: &str| Some(Secret::new(text.to_owned()));
        CardHolder {
            name: secret(&parts.name),
            address_line: secret(&parts.line1),
            city: secret(&parts.city),
            region: parts.region.as_deref().and_then(secret),
            postal_code: parts.postal_code.as_deref().and_then(secret),
            country: Some(parts.country.code().to_owned()),
        }
    }

    /// Without one the refund waits for it.
    async fn refund_destination(&self, account: AccountId, paid_at: ids::UnixMs) -> Option<Destination> {
        match self.0.refund_setting(account).await {
            Ok(setting) => {
                setting.for_purchase_paid_at(paid_at).map(|RefundDestination::LightningAddress { address }| {
                    Destination::LightningAddress { address: address.as_str().to_owned() }
                })
            }
            Err(error) => {
                tracing::error!(%account, %error, "a refund destination cannot be read");
                None
            }
        }
    }
}
