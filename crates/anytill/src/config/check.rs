//! What a type cannot say: ranges, and settings that have to fit together. All problems are told at once.

use super::model::{ChainKind, Config, ExchangeVendor, GiftCardVendorName, IssuerVendor, Network, NodeKind};
use super::sources::OnChainSource;
use chain_wallet::Confirmations;
use money::{Currency, Money, Sat};
use purchase::VENDOR_CHAIN_BLOCKS;

/// Limits of BOLT 11 invoices that the node makes.
const FINAL_CLTV: std::ops::RangeInclusive<u16> = 80..=1001;
/// Blocks that are sure to be left when an HTLC with the least final CLTV arrives.
const SURE_BLOCKS: u32 = 42;
/// Of the two seconds that Stripe gives, the way there and back.
const STRIPE_ANSWER_MS_MAX: u64 = 1_700;

pub fn problems(config: &Config) -> Vec<String> {
    let mut found = Found::default();
    addresses(config, &mut found);
    lnd(config, &mut found);
    purchase(config, &mut found);
    amounts(config, &mut found);
    issuer(config, &mut found);
    lists(config, &mut found);
    prices(config, &mut found);
    gift_cards(config, &mut found);
    sources(config, &mut found);
    treasury(config, &mut found);
    found.0
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    /// Notes the problem unless `good`.
    fn unless(&mut self, good: bool, key: &str, why: &str) {
        if !good {
            self.0.push(format!("{key}: {why}"));
        }
    }
}

fn addresses(config: &Config, found: &mut Found) {
    let url = &config.server.public_url;
    let plain = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
    found.unless(plain && !url.ends_with('/'), "server.public_url", "begins with https:// and has no `/` at its end");
    found.unless(config.server.body_bytes_max >= 1_024, "server.body_bytes_max", "is at least 1024");
    let rates = [config.server.requests_per_minute_address, config.server.requests_per_minute_account];
    let good = rates.iter().all(|rate| (5..=60_000).contains(rate));
    found.unless(good, "server.requests_per_minute_...", "is 5 to 60000");
    let chain = &config.chain;
    let scheme = |schemes: &[&str]| schemes.iter().any(|scheme| chain.url.starts_with(scheme));
    match chain.source {
        ChainKind::Bitcoind => {
            let port = chain.url.strip_prefix("http://").and_then(|rest| rest.rsplit_once(':'));
            let good = port.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
            found.unless(good, "chain.url", "is http://host:port for a bitcoind");
            found.unless(!chain.user.is_empty(), "chain.user", "is needed for a bitcoind");
            found.unless(chain.password.is_set(), "chain.password", "is needed for a bitcoind");
        }
        ChainKind::Esplora => {
            found.unless(scheme(&["https://", "http://"]), "chain.url", "is https://host/path for an Esplora server");
        }
        ChainKind::Electrum => {
            found.unless(scheme(&["ssl://", "tcp://"]), "chain.url", "is ssl://host:port for an Electrum server");
        }
    }
    found.unless(config.chain.tip_age_secs_max >= 30, "chain.tip_age_secs_max", "is at least 30");
    found.unless(config.node.seed.is_set(), "node.seed", "is needed: `file:seed.words` is what `anytill init` writes");
    let lsp = &config.node.lsp;
    let place = lsp.split_once('@').is_some_and(|(id, place)| id.parse::<ids::NodeId>().is_ok() && has_port(place));
    found.unless(lsp.is_empty() || place, "node.lsp", "is NODE@HOST:PORT of a provider of channels, or empty");
    let rgs = &config.node.rgs_url;
    let rgs_good = rgs.starts_with("https://") && !rgs.ends_with('/');
    found.unless(
        rgs.is_empty() || rgs_good,
        "node.rgs_url",
        "is https://host/path without a slash at its end, or empty",
    );
    found.unless(config.node.alias.len() <= 32, "node.alias", "has at most 32 bytes");
}

fn has_port(place: &str) -> bool {
    place
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// As many as a signed key set names.
const NODES_MAX: usize = 16;

fn lnd(config: &Config, found: &mut Found) {
    let listed = config.lnd.len();
    match config.node.kind {
        NodeKind::Ldk => found.unless(listed == 0, "lnd", "is for `node.kind = \"lnd\"`"),
        NodeKind::Lnd => found.unless((1..=NODES_MAX).contains(&listed), "lnd", "is listed once to 16 times"),
    }
    let names: std::collections::BTreeSet<_> = config.lnd.iter().map(|lnd| &lnd.name).collect();
    found.unless(names.len() == listed, "lnd.name", "is another one for each; without one it is `lnd`");
    for lnd in &config.lnd {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let named = (1..=20).contains(&lnd.name.len()) && lnd.name.bytes().all(plain);
        // Files and places of the server's own have these.
        let free = !["anytill", "chain", "node", "onchain", "vendor-node"].contains(&lnd.name.as_str());
        let rule = "is 1 to 20 of a-z, 0-9 and `-`, and none of anytill, chain, node, onchain, vendor-node";
        found.unless(named && free, "lnd.name", rule);
        let good = lnd.url.starts_with("https://") && !lnd.url.ends_with('/');
        found.unless(good, "lnd.url", "is https://host:port of its REST interface (restlisten)");
        found.unless(lnd.macaroon.is_set(), "lnd.macaroon", "is needed: `anytill node bake-macaroon` says how");
    }
}

fn purchase(config: &Config, found: &mut Found) {
    let p = &config.purchase;
    found.unless(p.spread_ppm <= 500_000, "purchase.spread_ppm", "is at most 500000 (half the price)");
    found.unless(p.fee_bps <= 5_000, "purchase.fee_bps", "is at most 5000 (half the order total)");
    found.unless((1..=3_600).contains(&p.quote_secs), "purchase.quote_secs", "is 1 to 3600");
    found.unless((1..=21_600).contains(&p.hold_secs), "purchase.hold_secs", "is 1 to 21600 (six hours)");
    found.unless(p.hold_sat_min >= 1_000, "purchase.hold_sat_min", "is at least 1000: less can be lost as dust");
    found.unless(FINAL_CLTV.contains(&p.min_final_cltv_delta), "purchase.min_final_cltv_delta", "is 80 to 1001");
    let sure = u32::from(p.min_final_cltv_delta).saturating_sub(80 - SURE_BLOCKS);
    // Ten minutes a block on average; a third more, because blocks come in bursts.
    let hold_blocks = u32::try_from(p.hold_secs.div_ceil(450)).unwrap_or(u32::MAX);
    found.unless(
        (3..=100).contains(&p.deadline_margin_blocks) && p.deadline_margin_blocks.saturating_add(hold_blocks) < sure,
        "purchase.deadline_margin_blocks",
        "is 3 to 100, and with the hold window it has to fit into what min_final_cltv_delta gives",
    );
    found.unless((200..=5_000).contains(&p.answer_ms_max), "purchase.answer_ms_max", "is 200 to 5000");
    found.unless(p.price_fall_bps_max <= 5_000, "purchase.price_fall_bps_max", "is at most 5000");
    found.unless(p.card_open_secs >= 1, "purchase.card_open_secs", "is at least 1");
    found.unless((5..=60).contains(&config.sale.deadline_secs), "sale.deadline_secs", "is 5 to 60");
    found.unless(config.sale.slack_bps <= 5_000, "sale.slack_bps", "is at most 5000");
    let enough = config.sale.exposure_sat_max >= p.hold_sat_min;
    found.unless(enough, "sale.exposure_sat_max", "is at least purchase.hold_sat_min, or nothing is ever quoted");
    found.unless(config.refund.fee_bps_max <= 1_000, "refund.fee_bps_max", "is at most 1000");
    found.unless(config.limits.unpaid_max >= 1, "limits.unpaid_max", "is at least 1");
    found.unless(config.limits.new_account_room_bps <= 10_000, "limits.new_account_room_bps", "is at most 10000");
    found.unless(config.process.effects_at_once_max >= 1, "process.effects_at_once_max", "is at least 1");
}

fn amounts(config: &Config, found: &mut Found) {
    let limits = &config.limits;
    found.unless(!config.served.currencies.is_empty(), "served.currencies", "needs at least one");
    for currency in &config.served.currencies {
        if *currency != config.issuer.currency {
            found
                .0
                .push(format!("served.currencies: {currency}: the issuer's cards bill in {}", config.issuer.currency));
        }
        let min = of(&limits.purchase_min, *currency);
        let max = of(&limits.purchase_max, *currency);
        for (key, amount) in [("purchase_min", min), ("purchase_max", max)] {
            if amount.is_none() {
                found.0.push(format!("limits.{key}: one entry for {currency} is needed"));
            }
        }
        let ordered = min.zip(max).is_none_or(|(min, max)| min.minor() <= max.minor());
        found.unless(ordered, "limits", "purchase_min <= purchase_max has to hold");
    }
    let served = config.served.currencies.contains(&limits.day_max.currency());
    found.unless(served, "limits.day_max", "is in a served currency");
    let single = of(&limits.purchase_max, limits.day_max.currency());
    let ordered = single.is_none_or(|max| max.minor() <= limits.day_max.minor());
    found.unless(ordered, "limits", "purchase_max <= day_max has to hold");
}

/// The one amount of this currency.
pub fn of(amounts: &[Money], currency: Currency) -> Option<Money> {
    let mut found = amounts.iter().filter(|amount| amount.currency() == currency);
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

fn lists(config: &Config, found: &mut Found) {
    let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    let category = |code: &String| code.len() == 4 && code.bytes().all(|b| b.is_ascii_digit());
    let why = "are two capital letters each (ISO 3166-1)";
    found.unless(config.served.countries.iter().all(country), "served.countries", why);
    found.unless(config.blocked.countries.iter().all(country), "blocked.countries", why);
    let merchant = |code: &String| matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_uppercase());
    let why = "are two or three capital letters each (ISO 3166-1)";
    found.unless(config.blocked.merchant_countries.iter().all(merchant), "blocked.merchant_countries", why);
    let why = "are four digits each (ISO 18245)";
    found.unless(config.blocked.categories.iter().all(category), "blocked.categories", why);
    let why = "are host names in lower case, without scheme and path";
    found.unless(config.blocked.stores.iter().all(|host| is_host(host)), "blocked.stores", why);
    found.unless(config.stores.iter().all(|rule| is_host(&rule.host)), "stores.host", why);
    let regtest = config.chain.network == Network::Regtest;
    found.unless(regtest || !config.served.local_stores, "served.local_stores", "is for regtest only");
    let mut hosts: Vec<&str> = config.stores.iter().map(|rule| rule.host.as_str()).collect();
    hosts.sort_unstable();
    found.unless(hosts.windows(2).all(|pair| pair[0] != pair[1]), "stores.host", "has one rule each");
}

fn is_host(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(plain)
}

/// As it is: the program has no rule of its own.
pub fn confirmations(onchain: &OnChainSource) -> Result<Confirmations, String> {
    let steps = onchain.confirmations.iter().map(|step| Ok((Sat::new(step.sat_max)?, step.blocks)));
    let steps = steps.collect::<Result<_, money::MoneyError>>().map_err(|error| error.to_string())?;
    Confirmations::new(steps, onchain.confirmations_above).map_err(|error| error.to_string())
}

fn onchain(config: &Config, found: &mut Found) {
    let onchain = &config.sources.onchain;
    if !onchain.enabled {
        return;
    }
    if let Err(why) = confirmations(onchain) {
        found.unless(false, "sources.onchain.confirmations", &why);
    }
    let own = config.chain.source == ChainKind::Bitcoind;
    found.unless(own, "sources.onchain.enabled", "needs chain.source = \"bitcoind\": nobody else's word is taken");
    let cards = config.issuer.vendor != IssuerVendor::None;
    let why = "is of use with an issuer only: gift cards are paid by Lightning";
    found.unless(cards, "sources.onchain.enabled", why);
    let least_secs = if config.chain.network == Network::Regtest { 1 } else { 600 };
    let why = "is ten minutes at least: no block comes sooner, as a rule";
    found.unless(onchain.quote_secs >= least_secs, "sources.onchain.quote_secs", why);
    found.unless(onchain.spread_ppm < 500_000, "sources.onchain.spread_ppm", "is less than half");
    found.unless(onchain.fee_sat_per_vbyte_max > 0, "sources.onchain.fee_sat_per_vbyte_max", "is one at least");
}

fn sources(config: &Config, found: &mut Found) {
    onchain(config, found);
    let coinbase = &config.sources.coinbase;
    if !coinbase.is_set() {
        return;
    }
    let secrets = [
        (&coinbase.client_secret, "sources.coinbase.client_secret"),
        (&coinbase.api_key, "sources.coinbase.api_key"),
        (&coinbase.private_key, "sources.coinbase.private_key"),
    ];
    for (secret, key) in secrets {
        found.unless(secret.is_set(), key, "is needed for linked accounts");
    }
    let receive = coinbase.receive == "address" || coinbase.receive.contains('@');
    found.unless(receive, "sources.coinbase.receive", "is an e-mail address, or `address`");
    let cards = config.issuer.vendor != IssuerVendor::None;
    found.unless(
        cards,
        "sources.coinbase.client_id",
        "is of use with an issuer only: gift cards are paid by Lightning",
    );
}

fn gift_cards(config: &Config, found: &mut Found) {
    let cards = &config.gift_cards;
    let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    let named = cards.products.iter().all(|of| is_host(&of.host) && country(&of.country) && !of.product.is_empty());
    let why = "have a host in lower case, a country in two capital letters and the vendor's product each";
    found.unless(named, "gift_cards.products", why);
    found.unless(cards.spread_ppm <= 500_000, "gift_cards.spread_ppm", "is at most 500000 (half the price)");
    let blocks = VENDOR_CHAIN_BLOCKS + 40..=900;
    found.unless(blocks.contains(&cards.send_blocks_max), "gift_cards.send_blocks_max", "is 76 to 900");
    let age = 60..=604_800;
    found.unless(age.contains(&cards.catalogue_secs_max), "gift_cards.catalogue_secs_max", "is 60 to 604800 (a week)");
    match cards.vendor {
        GiftCardVendorName::None => {}
        GiftCardVendorName::Bitrefill => {
            found.unless(cards.api_key.is_set(), "gift_cards.api_key", "is needed for Bitrefill");
            let why = "needs vendor_node.enabled: the node that holds cannot pay the vendor";
            found.unless(config.vendor_node.enabled, "gift_cards.vendor", why);
            let live = cards.base_url.contains("bitrefill.com");
            let why = "Bitrefill sells on the main network only: chain.network is `bitcoin` then";
            found.unless(!live || config.chain.network == Network::Bitcoin, "gift_cards.vendor", why);
        }
    }
}

/// What is set for the other vendor would be passed over in silence.
fn issuer(config: &Config, found: &mut Found) {
    let sells = config.exchange.vendor != ExchangeVendor::None || config.issuer.vendor == IssuerVendor::None;
    found.unless(
        sells,
        "exchange.vendor",
        "is needed for cards: what they pay with comes from the bitcoin that is sold",
    );
    let issuer = &config.issuer;
    let lithics = [
        ("issuer.card_program_token", &issuer.card_program_token),
        ("issuer.account_token", &issuer.account_token),
        ("issuer.financial_account_token", &issuer.financial_account_token),
    ];
    match issuer.vendor {
        IssuerVendor::None => {
            let other = config.gift_cards.vendor != GiftCardVendorName::None;
            found.unless(
                other,
                "issuer.vendor",
                "and gift_cards.vendor cannot both be empty: nothing could be paid for",
            );
        }
        IssuerVendor::Lithic => found.unless(issuer.cardholder.is_empty(), "issuer.cardholder", "is Stripe's"),
        IssuerVendor::Stripe => {
            found.unless(!issuer.challenges_secret.is_set(), "issuer.challenges_secret", "is Lithic's");
            for (key, token) in lithics {
                found.unless(token.is_empty(), key, "is Lithic's");
            }
            let in_time = config.purchase.answer_ms_max <= STRIPE_ANSWER_MS_MAX;
            found.unless(in_time, "purchase.answer_ms_max", "is at most 1700 with Stripe, which waits two seconds");
        }
    }
}

/// Amounts that could never be reached together, or in a currency that no place has.
fn treasury(config: &Config, found: &mut Found) {
    let t = &config.treasury;
    let lists = [
        ("treasury.issuer_float_keep", &t.issuer_float_keep),
        ("treasury.issuer_float_warn", &t.issuer_float_warn),
        ("treasury.issuer_float_target", &t.issuer_float_target),
        ("treasury.exchange_money_max", &t.exchange_money_max),
    ];
    for (key, list) in lists {
        let known = list.iter().all(|amount| config.served.currencies.contains(&amount.currency()));
        let once = list.iter().all(|amount| of(list, amount.currency()).is_some());
        found.unless(known && once, key, "has one amount for each served currency at most");
    }
    let rises = |steps: &[u64]| {
        let set: Vec<u64> = steps.iter().copied().filter(|step| *step > 0).collect();
        set.is_sorted()
    };
    let float = [&t.issuer_float_keep, &t.issuer_float_warn, &t.issuer_float_target];
    let float = float.map(|list| of(list, config.issuer.currency).map_or(0, Money::minor));
    found.unless(rises(&float), "treasury.issuer_float_...", "keep <= warn <= target has to hold");
    let vendor = [t.vendor_outbound_sat_keep, t.vendor_outbound_sat_min, t.vendor_outbound_sat_target];
    found.unless(rises(&vendor), "treasury.vendor_outbound_sat_...", "keep <= min <= target has to hold");
    let exchange = [t.exchange_bitcoin_sat_min, t.exchange_bitcoin_sat_target, t.exchange_bitcoin_sat_max];
    found.unless(rises(&exchange), "treasury.exchange_bitcoin_sat_...", "min <= target <= max has to hold");
    let node = [t.node_outbound_sat_target, t.node_outbound_sat_max];
    found.unless(rises(&node), "treasury.node_outbound_sat_...", "target <= max has to hold");
}

fn prices(config: &Config, found: &mut Found) {
    let prices = &config.prices;
    let venues = u32::try_from(prices.venues.len()).unwrap_or(u32::MAX);
    found.unless((1..=venues).contains(&prices.venues_min), "prices.venues_min", "is 1 to the number of venues");
    found.unless(prices.refresh_ms >= 200, "prices.refresh_ms", "is at least 200");
    let good = prices.age_ms_max > prices.refresh_ms;
    found.unless(good, "prices.age_ms_max", "is more than refresh_ms, or no price would ever be fresh");
    let good = prices.quiet_ms.saturating_add(prices.refresh_ms) <= prices.age_ms_max;
    found.unless(good, "prices.quiet_ms", "and refresh_ms together are at most age_ms_max");
    let mut vendors: Vec<_> = prices.venues.iter().map(|venue| venue.vendor).collect();
    vendors.sort_unstable();
    found.unless(vendors.windows(2).all(|pair| pair[0] != pair[1]), "prices.venues", "has each vendor once");
    let cards = config.gift_cards.timeout_ms;
    let timeouts = [config.issuer.timeout_ms, config.exchange.timeout_ms, prices.timeout_ms, cards];
    let good = timeouts.iter().all(|ms| (100..=60_000).contains(ms));
    found.unless(good, "timeout_ms", "is 100 to 60000 everywhere");
}
