//! `anytill ledger`: the books, with what the operator put in beside them.

use super::borne;
use super::funds::Funds;
use crate::admin::Answer;
use anyhow::Result;
use ledger::{Account, Asset, Balance, Exposure, Layer, Position, ProfitAndLoss, TrialBalance};
use ports::Store;
use serde_json::{Value, json};

/// Kept balances of all postings; the operator's own funds are taken in as equity, and what moving them cost as fees.
pub async fn trial_balance(store: &dyn Store) -> Result<TrialBalance> {
    let mut rows = Vec::new();
    for row in store.balances().await? {
        rows.push(Balance::parse(&row.account, &row.asset, &row.layer, row.amount)?);
    }
    for fund in Funds::load(store).await?.rows {
        let row = |account, amount| Balance { account, asset: fund.asset.0, layer: Layer::Posted, amount };
        rows.push(row(Account::At(fund.place.0), fund.amount));
        rows.push(row(fund.against.account(), fund.amount.saturating_neg()));
    }
    Ok(TrialBalance::from_balances(rows)?)
}

pub async fn report(store: &dyn Store) -> Result<Answer> {
    let balance = trial_balance(store).await?;
    let (earned, exposure) = (ProfitAndLoss::of(&balance), Exposure::of(&balance));
    let mut text = String::from("Trial balance (debits positive)\n\n");
    text.push_str(&balance.to_string());
    text.push_str("\nProfit and loss (what it brought)\n\n");
    text.push_str(&or_nothing(earned.to_string()));
    text.push_str("\nExposure (what could still be lost, and what was)\n\n");
    text.push_str(&or_nothing(exposure.to_string()));
    let rows = engine::borne(store).await?;
    text.push_str("\nBorne by account and store (captures without approval, overruns, tolerance; minor units)\n\n");
    text.push_str(&or_nothing(borne::table(&rows)?));
    for (asset, layer, sum) in balance.imbalances() {
        text.push_str(&format!("\nDOES NOT BALANCE: {asset} {} is off by {sum}", layer.word()));
    }
    let json = json!({
        "balanced": balance.is_balanced(),
        "trial_balance": balance.rows().map(row_json).collect::<Vec<_>>(),
        "profit_and_loss": {
            "lines": earned.lines.iter().map(|line| row_json(*line)).collect::<Vec<_>>(),
            "trading": earned.trading.iter().map(position_json).collect::<Vec<_>>(),
        },
        "exposure": exposure_json(&exposure),
        "borne": rows,
    });
    Answer::new(balance.is_balanced(), text.trim_end(), &json)
}

fn or_nothing(text: String) -> String {
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

fn row_json(row: Balance) -> Value {
    json!({
        "account": row.account.to_string(),
        "asset": row.asset.to_string(),
        "layer": row.layer.word(),
        "amount": row.amount,
        "decimal": row.asset.decimal(row.amount),
    })
}

fn position_json(position: &Position) -> Value {
    json!({
        "currency": position.currency,
        "btc_msat": position.btc_msat,
        "fiat_minor": position.fiat_minor,
    })
}

fn exposure_json(exposure: &Exposure) -> Value {
    let amounts = |rows: &[(money::Currency, i64)]| -> Vec<Value> {
        rows.iter().map(|(currency, minor)| json!({ "currency": currency, "minor": minor })).collect()
    };
    let owed: Vec<Value> = exposure.owed.iter().map(|(asset, amount)| owed_json(*asset, *amount)).collect();
    json!({
        "unsold": exposure.unsold.iter().map(position_json).collect::<Vec<_>>(),
        "checks_open": amounts(&exposure.checks_open),
        "overruns": amounts(&exposure.overruns),
        "refund_losses": amounts(&exposure.refund_losses),
        "gift_cards_msat": exposure.gift_cards_msat,
        "owed": owed,
    })
}

fn owed_json(asset: Asset, amount: i64) -> Value {
    json!({ "asset": asset.to_string(), "amount": amount, "decimal": asset.decimal(amount) })
}
