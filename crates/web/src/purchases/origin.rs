//! Which device began a purchase: the one that sees its card without the password.
//!
//! Fails closed: a purchase of which that is not known (the process ended in between) needs the password everywhere.

use crate::app::App;
use ids::{DeviceId, PurchaseId};
use ports::StoreError;

fn name(purchase: PurchaseId) -> String {
    format!("purchase-device:{purchase}")
}

pub async fn remember(app: &App, purchase: PurchaseId, device: DeviceId) {
    let store = &app.engine().ports().store;
    if let Err(error) = store.put_setting(&name(purchase), &device.to_string()).await {
        tracing::warn!(%purchase, %error, "the device of a purchase is not known: its card takes the password");
    }
}

pub async fn is(app: &App, purchase: PurchaseId, device: DeviceId) -> Result<bool, StoreError> {
    let known = app.engine().ports().store.setting(&name(purchase)).await?;
    Ok(known.is_some_and(|known| known == device.to_string()))
}
