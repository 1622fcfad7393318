//! The shopper's wallet in Electrum, with a channel to the server's node.

use super::payer::Balance;
use lightning_invoice::Bolt11Invoice;
use sandbox::electrum::{Electrum, Paid};
use sandbox::wallet::{Outcome, WalletError};
use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What became of one invoice; none while Electrum has not answered.
type Ended = Option<Outcome>;

pub struct ElectrumPayer {
    electrum: Arc<Electrum>,
    begun: Mutex<HashMap<[u8; 32], Asked>>,
}

struct Asked {
    ended: watch::Receiver<Ended>,
    asking: JoinHandle<()>,
}

impl ElectrumPayer {
    pub fn new(electrum: Electrum) -> Self {
        Self { electrum: Arc::new(electrum), begun: Mutex::default() }
    }

    pub fn electrum(&self) -> &Electrum {
        &self.electrum
    }

    /// Begins; Electrum's `lnpay` answers when it is over.
    pub fn pay(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        let invoice = Bolt11Invoice::from_str(bolt11).map_err(|error| WalletError::Invoice(error.to_string()))?;
        let hash = *AsRef::<[u8; 32]>::as_ref(invoice.payment_hash());
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |asked: &Asked| matches!(*asked.ended.borrow(), Some(Outcome::Failed { .. }));
        if begun.get(&hash).is_some_and(|asked| !over(asked)) {
            return Err(WalletError::AlreadyPaid);
        }
        let (tell, ended) = watch::channel(None);
        let (electrum, bolt11) = (Arc::clone(&self.electrum), bolt11.to_owned());
        let asking = tokio::spawn(async move {
            let outcome = match electrum.pay(&bolt11).await {
                // The fee is none: its only channel leads to the payee, and balances show every millisatoshi.
                Ok(Paid::Succeeded { preimage }) => Outcome::Succeeded { preimage, fee_msat: 0 },
                Ok(Paid::Failed { reason }) => Outcome::Failed { reason },
                Err(refused) => Outcome::Failed { reason: refused.to_string() },
            };
            let _ = tell.send(Some(outcome));
        });
        begun.insert(hash, Asked { ended, asking });
        Ok(hash)
    }

    pub async fn wait_outcome(&self, hash: [u8; 32], within: Duration) -> Result<Outcome, WalletError> {
        let late = || WalletError::Deadline("Electrum's answer".to_owned());
        let asked = self.begun.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).map(|one| one.ended.clone());
        let mut ended = asked.ok_or_else(late)?;
        let told = tokio::time::timeout(within, ended.wait_for(Option::is_some)).await.map_err(|_| late())?;
        let told = told.map_err(|_| WalletError::Task("asking Electrum".to_owned()))?;
        told.clone().ok_or_else(late)
    }

    pub fn has_begun(&self, hash: &[u8; 32]) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).contains_key(hash)
    }

    pub async fn unclaimed(&self, hash: &[u8; 32]) -> Result<bool, WalletError> {
        Ok(self.electrum.is_in_progress(&hex::encode(hash)).await?)
    }

    pub async fn balance(&self) -> Result<Balance, WalletError> {
        let channels = self.electrum.channels().await?;
        let unsettled = |name: &str| channels.iter().filter_map(|channel| channel[name].as_u64()).sum::<u64>();
        let (out_sat, in_sat) = (unsettled("local_unsettled_sent"), unsettled("remote_unsettled_sent"));
        let over = |channel: &serde_json::Value| channel["state"] == "OPEN" || channel["state"] == "REDEEMED";
        let booked = self.electrum.is_booked().await?;
        Ok(Balance {
            total_msat: self.electrum.balance_msat().await?,
            in_flight_msat: out_sat * 1_000,
            at_rest: booked && out_sat == 0 && in_sat == 0 && channels.iter().all(over),
        })
    }

    pub async fn balance_at_rest(&self, within: Duration) -> Result<Balance, WalletError> {
        let look = || async { self.balance().await.ok().filter(|balance| balance.at_rest) };
        match self.electrum.until("rest", within, look).await {
            Ok(balance) => Ok(balance),
            Err(error) => Err(WalletError::Deadline(error.to_string())),
        }
    }

    pub async fn stop(self) -> Result<(), WalletError> {
        for (_, asked) in self.begun.into_inner().unwrap_or_else(PoisonError::into_inner) {
            asked.asking.abort();
            let _ = asked.asking.await;
        }
        match Arc::into_inner(self.electrum) {
            Some(electrum) => Ok(electrum.stop().await?),
            None => Ok(()),
        }
    }
}
