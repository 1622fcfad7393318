//! The shopper's linked account: a user of the simulated Coinbase, and the operator's own account there.

use super::selling::Selling;
use super::shopper::Shopper;
use super::timeline::Timeline;
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use sandbox::coinbase::{Exchange, ExchangeConfig, NewUser, press};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What the shopper has there: 0.05 BTC.
const BALANCE_SAT: u64 = 5_000_000;
const EMAIL: &str = "ella@shopper.example";

/// What a purchase is paid from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// The shopper's own wallet.
    Wallet,
    /// A linked account at Coinbase: paid first, what is not used is paid back.
    Coinbase,
}

pub struct Linked {
    pub coinbase: Exchange,
    pub user: String,
    client: (String, String),
    secrets: PathBuf,
}

impl Linked {
    /// Where the bitcoin is sold on Coinbase, it arrives where it is sold. `http` is the server's address.
    pub async fn start(selling: &Selling, http: &str, dir: &Path) -> Result<Self> {
        let coinbase = match selling {
            Selling::Coinbase { exchange, .. } => exchange.clone(),
            Selling::Kraken(_) | Selling::None { .. } => Exchange::start(ExchangeConfig::default()).await?,
        };
        let client = coinbase.add_client(&format!("{http}/v1/linked/coinbase/callback"));
        let user = coinbase.add_user(NewUser {
            name: "Ella Example".to_owned(),
            email: EMAIL.to_owned(),
            balance_sat: BALANCE_SAT,
            second_factor: None,
        });
        let secrets = dir.join("linked");
        std::fs::create_dir_all(&secrets)?;
        let (key, pem) = coinbase.wallet_key();
        for (name, value) in [("client", client.1.as_str()), ("key", key), ("private", pem)] {
            let path = secrets.join(format!("{name}.secret"));
            std::fs::write(&path, value.trim().replace('\n', "\\n"))?;
            super::server::restrict(&path, 0o600)?;
        }
        Ok(Self { coinbase, user, client, secrets })
    }

    /// Tables for the server's configuration.
    pub fn tables(&self) -> String {
        let (url, id, secrets) = (self.coinbase.url(), &self.client.0, self.secrets.display());
        let receive = self.coinbase.operator_email();
        format!(
            r#"
[sources.coinbase]
client_id = "{id}"
client_secret = "file:{secrets}/client.secret"
receive = "{receive}"
api_key = "file:{secrets}/key.secret"
private_key = "file:{secrets}/private.secret"
api_url = "{url}"
login_url = "{url}"
"#
        )
    }

    /// As [`Self::link_again`], and tells of it.
    pub async fn link(&self, shopper: &Shopper, timeline: &Timeline) -> Result<()> {
        self.link_again(shopper).await?;
        let sat = self.sat()?;
        timeline.step("linked", &format!("the account at Coinbase, with {sat} sat"), json!({ "sat": sat }));
        Ok(())
    }

    /// As the shopper's browser does: the provider's page, its button, and back.
    pub async fn link_again(&self, shopper: &Shopper) -> Result<()> {
        let page = shopper.begin_link().await?;
        let back = press(&page, EMAIL, "approve").await.map_err(anyhow::Error::msg)?;
        let answer = reqwest::get(back).await?.error_for_status()?.text().await?;
        ensure!(answer.contains("Your account is linked"), "the server's page says: {answer}");
        let linked = shopper.linked_sat().await?.context("the account is not linked")?;
        ensure!(linked == self.sat()?, "the panel would show {linked} sat");
        Ok(())
    }

    pub fn sat(&self) -> Result<u64> {
        self.coinbase.user_sat(&self.user).context("there is no such user")
    }
}
