//! What the operator may move, in plain words: commands to run, or what to do at a vendor's own site.

use super::{Row, What, Word};
use crate::wiring::NO_VENDOR;
use ledger::Asset;

const MSAT_PER_SAT: i64 = 1_000;
/// A Lightning payment may cost this part of its amount in routing fees.
const FEE_PART: i64 = 200;

pub fn moves(rows: &[Row], exchange: &str, issuer: &str) -> Vec<String> {
    let picture = Picture { rows, exchange, issuer };
    let mut said = Vec::new();
    picture.reserve(&mut said);
    picture.bitcoin(&mut said);
    picture.room(&mut said);
    picture.vendor(&mut said);
    picture.float(&mut said);
    picture.given_up(&mut said);
    if !said.is_empty() {
        said.push("after each move, once it has arrived: `anytill reconcile --accept NOTE` books it".to_owned());
    }
    said
}

struct Picture<'a> {
    rows: &'a [Row],
    exchange: &'a str,
    issuer: &'a str,
}

impl Picture<'_> {
    fn row(&self, what: What) -> Option<&Row> {
        self.rows.iter().find(|row| row.what == what)
    }

    fn is(&self, what: What, words: &[Word]) -> bool {
        self.row(what).is_some_and(|row| words.contains(&row.word))
    }

    /// Whole satoshi; nothing where it is not known.
    fn sat(&self, what: What) -> i64 {
        self.row(what).and_then(Row::known).map_or(0, |msat| msat.div_euclid(MSAT_PER_SAT).max(0))
    }

    /// On-chain beyond the reserve, whole satoshi.
    fn spare_on_chain(&self) -> i64 {
        let Some(row) = self.row(What::OnChain) else { return 0 };
        let spare = row.known().map(|there| there.saturating_sub(row.band.low_below.unwrap_or(0)));
        spare.map_or(0, |msat| msat.div_euclid(MSAT_PER_SAT).max(0))
    }

    fn reserve(&self, said: &mut Vec<String>) {
        for (what, command) in [(What::OnChain, "anytill node"), (What::VendorOnChain, "anytill node --vendor")] {
            if let Some(row) = self.row(what).filter(|row| matches!(row.word, Word::Low | Word::Stops)) {
                let sat = sat_up(missing(row)).max(1);
                said.push(format!("send at least {sat} sat to `{command} address`: the reserve for closing channels"));
            }
        }
    }

    /// Out of the holding node's channels, and into the exchange's stock.
    fn bitcoin(&self, said: &mut Vec<String>) {
        let refilled = self.refill();
        let ours = self.sat(What::Ours).saturating_sub(refilled);
        let surplus = match self.row(What::Ours) {
            Some(row) if row.word == Word::High => {
                ours.saturating_sub(row.band.target.unwrap_or(0) / MSAT_PER_SAT).max(0)
            }
            _ => 0,
        };
        let stock = self.row(What::ExchangeBitcoin);
        let need = stock.filter(|row| row.word == Word::Low).map_or(0, |row| sat_up(missing(row)));
        let leaving = surplus.max(need.min(ours));
        // The fee comes out of the same channels.
        let max_fee = leaving / FEE_PART;
        let sent = leaving.saturating_sub(max_fee);
        if sent > 0 {
            let place = match stock {
                Some(_) => format!("have {} make a Lightning deposit invoice", self.exchange),
                None => "make an invoice in a wallet of yours".to_owned(),
            };
            said.push(format!("{place} for {sent} sat, then `anytill node pay INVOICE --max-fee-sat {max_fee}`"));
        }
        let rest = need.saturating_sub(sent);
        let chain = rest.min(self.spare_on_chain());
        if chain > 0 {
            said.push(format!(
                "`anytill node withdraw ADDRESS {chain}`, ADDRESS being {}'s deposit address (less, if the fee needs it)",
                self.exchange
            ));
        }
        let rest = rest.saturating_sub(chain);
        let arrived = rest.min(self.sat(What::Arrived));
        if let Some(row) = self.row(What::Arrived).filter(|_| arrived > 0) {
            said.push(format!(
                "send {arrived} sat at {}'s own site to {}'s deposit address (less, if the fee needs it)",
                row.place, self.exchange
            ));
        }
        let rest = rest.saturating_sub(arrived);
        let onchain = rest.min(self.sat(What::ArrivedOnChain));
        if onchain > 0 {
            said.push(format!(
                "`anytill onchain withdraw ADDRESS {onchain}`, ADDRESS being {}'s deposit address (the fee comes off; leave \
                 enough for refunds)",
                self.exchange
            ));
        }
        let elsewhere = rest.saturating_sub(onchain);
        if elsewhere > 0 {
            said.push(format!("deposit {elsewhere} sat at {} from elsewhere", self.exchange));
        }
        if let Some(row) = stock.filter(|row| row.word == Word::High) {
            let over = row.known().zip(row.band.target.or(row.band.high_above));
            let sat = over.map_or(0, |(there, keep)| there.saturating_sub(keep).div_euclid(MSAT_PER_SAT));
            said.push(format!("sell or withdraw {sat} sat at {}'s own site", self.exchange));
        }
    }

    fn room(&self, said: &mut Vec<String>) {
        if self.is(What::Room, &[Word::Low, Word::Stops]) {
            let ours = self.sat(What::Ours);
            let paid = if ours > 0 {
                format!("; paying out of the channels ({ours} sat) makes room too")
            } else {
                String::new()
            };
            said.push(format!("get inbound capacity at the node that holds: docs/operating/costs.md{paid}"));
        }
    }

    /// What the node that holds can pay to the one that pays vendors, fee included, whole satoshi.
    fn refill(&self) -> i64 {
        let low = self.row(What::VendorSends).filter(|row| matches!(row.word, Word::Low | Word::Stops));
        low.map_or(0, |row| sat_up(missing(row)).min(self.sat(What::VendorInbound)).min(self.sat(What::Ours)))
    }

    fn vendor(&self, said: &mut Vec<String>) {
        let Some(row) = self.row(What::VendorSends).filter(|row| matches!(row.word, Word::Low | Word::Stops)) else {
            return;
        };
        let refill = self.refill();
        let max_fee = refill / FEE_PART;
        let paid = refill.saturating_sub(max_fee);
        if paid > 0 {
            said.push(format!(
                "`anytill node --vendor invoice {paid}` gives INVOICE; `anytill node pay INVOICE --max-fee-sat {max_fee}`"
            ));
        }
        let need = sat_up(missing(row)).saturating_sub(paid);
        if need == max_fee {
            return;
        }
        let from_node = need.min(self.spare_on_chain());
        if from_node > 0 {
            said.push(format!(
                "`anytill node --vendor address` gives ADDRESS; `anytill node withdraw ADDRESS {from_node}` (less, if the \
                 fee needs it)"
            ));
        }
        let elsewhere = need.saturating_sub(from_node);
        if elsewhere > 0 {
            said.push(format!("send {elsewhere} sat from elsewhere to `anytill node --vendor address`"));
        }
        said.push(format!(
            "then `anytill node --vendor open PEER {need}`: the node that pays vendors sends from channels"
        ));
    }

    /// From the exchange to the issuer, which no program does.
    fn float(&self, said: &mut Vec<String>) {
        let float = self.row(What::Float);
        let need = float.filter(|row| matches!(row.word, Word::Low | Word::Stops)).map_or(0, missing);
        let mut withdrawn = 0;
        for row in self.rows.iter().filter(|row| row.what == What::ExchangeMoney) {
            let Some(there) = row.known() else {
                if need > 0 {
                    said.push(format!("look at {}'s own site: its balance is not known here", self.exchange));
                }
                continue;
            };
            let same = float.is_some_and(|float| float.asset == row.asset);
            let over = row.band.high_above.map_or(0, |max| there.saturating_sub(max));
            let amount = if same { need.min(there).max(over) } else { over };
            if amount > 0 {
                let to = if self.issuer == NO_VENDOR || !same {
                    "your bank account".to_owned()
                } else {
                    withdrawn = amount;
                    format!("the bank account that funds {}, and from there to it", self.issuer)
                };
                said.push(format!("withdraw {} at {}'s own site to {to}", shown(row.asset, amount), self.exchange));
            }
        }
        let rest = need.saturating_sub(withdrawn);
        if let Some(float) = float.filter(|_| rest > 0) {
            said.push(format!("fund {} with {} from elsewhere", self.issuer, shown(float.asset, rest)));
        }
    }

    fn given_up(&self, said: &mut Vec<String>) {
        let sat = self.sat(What::GivenUp);
        if sat > 0 {
            let clear = "`anytill borne clear unsold:exposed`";
            said.push(format!("sell {sat} sat by hand at {}'s own site, then {clear}", self.exchange));
        }
    }
}

/// Up to the target; else to where the complaint ends.
fn missing(row: &Row) -> i64 {
    let band = row.band;
    let wanted = [band.target, band.low_below, band.stops_below].into_iter().flatten().max().unwrap_or(0);
    row.known().map_or(0, |there| wanted.saturating_sub(there).max(0))
}

fn sat_up(msat: i64) -> i64 {
    msat.saturating_add(MSAT_PER_SAT - 1).div_euclid(MSAT_PER_SAT)
}

fn shown(asset: Asset, amount: i64) -> String {
    format!("{} {asset}", asset.decimal(amount))
}

#[cfg(test)]
mod tests {
    use super::super::Band;
    use super::*;
    use money::Currency;

    const USD: Asset = Asset::Fiat(Currency::USD);

    fn low(stops: i64, low: i64, target: i64) -> Band {
        Band { stops_below: Some(stops), low_below: Some(low), target: Some(target), high_above: None }
    }

    fn high(target: i64, max: i64) -> Band {
        Band { target: Some(target), high_above: Some(max), ..Band::default() }
    }

    fn btc(what: What, amount: i64, band: Band) -> Row {
        Row::new("node", what, Asset::Btc, Ok(amount), band)
    }

    fn usd(what: What, amount: i64, band: Band) -> Row {
        Row::new("there", what, USD, Ok(amount), band)
    }

    fn said(rows: &[Row]) -> String {
        moves(rows, "kraken", "lithic").join("\n")
    }

    #[test]
    fn nothing_is_moved_that_is_fine() {
        let rows = [
            usd(What::Float, 50_000, low(1_000, 20_000, 60_000)),
            usd(What::ExchangeMoney, 90_000, Band::default()),
            btc(What::Ours, 5_000_000, high(0, 5_000_000)),
        ];
        assert_eq!(said(&rows), "");
    }

    #[test]
    fn money_goes_from_the_exchange_to_the_issuer_as_far_as_it_reaches() {
        let float = usd(What::Float, 10_001, low(1_000, 20_000, 60_000));
        let text = said(&[float.clone(), usd(What::ExchangeMoney, 30_000, Band::default())]);
        assert!(
            text.contains("withdraw 300.00 USD at kraken's own site to the bank account that funds lithic"),
            "{text}"
        );
        assert!(text.contains("fund lithic with 199.99 USD from elsewhere") && text.contains("reconcile"), "{text}");
        let text = said(&[float.clone(), usd(What::ExchangeMoney, 70_000, Band::default())]);
        assert!(text.contains("withdraw 499.99 USD") && !text.contains("elsewhere"), "{text}");
        let unknown = Row::new("kraken", What::ExchangeMoney, USD, Err("timeout".to_owned()), Band::default());
        let text = said(&[float, unknown]);
        assert!(text.contains("not known here") && !text.contains("withdraw"), "{text}");
        let over = Band { high_above: Some(50_000), ..Band::default() };
        let fine = usd(What::Float, 60_000, low(1_000, 20_000, 60_000));
        assert!(said(&[fine, usd(What::ExchangeMoney, 50_001, over)]).contains("withdraw 0.01 USD"));
    }

    #[test]
    fn bitcoin_goes_from_channels_then_from_the_chain_then_from_elsewhere() {
        let rows = [
            btc(What::Ours, 400_000_999, Band::default()),
            btc(What::OnChain, 150_000_000, Band { low_below: Some(50_000_000), ..Band::default() }),
            btc(What::ExchangeBitcoin, 0, low(0, 500_000_000, 1_000_000_000)),
        ];
        let text = said(&rows);
        // 1000000 are missing: 400000 less a fee of 2000, 100000 beyond the reserve, the rest.
        assert!(text.contains("for 398000 sat, then `anytill node pay INVOICE --max-fee-sat 2000`"), "{text}");
        assert!(text.contains("`anytill node withdraw ADDRESS 100000`"), "{text}");
        assert!(text.contains("deposit 502000 sat at kraken from elsewhere"), "{text}");
        let mut rows = rows.to_vec();
        rows.push(Row::new("coinbase", What::Arrived, Asset::Btc, Ok(300_000_000), Band::default()));
        let text = said(&rows);
        assert!(text.contains("send 300000 sat at coinbase's own site to kraken's deposit address"), "{text}");
        assert!(text.contains("deposit 202000 sat at kraken from elsewhere"), "{text}");
        rows.push(btc(What::ArrivedOnChain, 200_000_000, Band::default()));
        let text = said(&rows);
        assert!(text.contains("`anytill onchain withdraw ADDRESS 200000`"), "{text}");
        assert!(text.contains("deposit 2000 sat at kraken from elsewhere"), "{text}");
        let text = moves(&[btc(What::Ours, 900_000_000, high(300_000_000, 800_000_000))], "none", "none").join("\n");
        assert!(text.contains("a wallet of yours for 597000 sat") && text.contains("--max-fee-sat 3000"), "{text}");
    }

    #[test]
    fn each_complaint_has_its_move() {
        let text = said(&[btc(What::VendorSends, 1_500, low(5_000_000, 5_000_000, 5_000_000))]);
        assert!(text.contains("send 4999 sat from elsewhere to `anytill node --vendor address`"), "{text}");
        assert!(text.contains("`anytill node --vendor open PEER 4999`"), "{text}");
        let rows = [
            btc(What::VendorSends, 0, low(5_000_000, 5_000_000, 200_000_000)),
            btc(What::VendorInbound, 900_000_000, Band::default()),
            btc(What::Ours, 250_000_000, high(0, 100_000_000)),
        ];
        let text = said(&rows);
        assert!(text.contains("`anytill node --vendor invoice 199000` gives INVOICE"), "{text}");
        assert!(text.contains("pay INVOICE --max-fee-sat 1000") && !text.contains("elsewhere"), "{text}");
        assert!(text.contains("a wallet of yours for 49750 sat"), "{text}");
        let text = said(&[btc(What::OnChain, 0, low(0, 25_000_000, 25_000_000))]);
        assert!(text.contains("send at least 25000 sat to `anytill node address`"), "{text}");
        let text = said(&[btc(What::Room, 0, low(5_000_000, 5_000_000, 5_000_000))]);
        assert!(text.contains("inbound capacity"), "{text}");
        let text = said(&[btc(What::GivenUp, 7_000, Band::default())]);
        assert!(text.contains("sell 7 sat by hand") && text.contains("borne clear unsold:exposed"), "{text}");
    }
}
