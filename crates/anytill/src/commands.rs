//! The commands that ask the running server, or the database while none runs.

use crate::admin::{self, Answer, Request};
use crate::cli::{self, Borne, Cli, Command, Node, OnChain, Parked, Place};
use crate::clock::SystemClock;
use crate::server::{lookup, open_accounts, read_seed};
use crate::{config, doctor, init, ops, out, recipes, server, wiring};
use anyhow::{Context as _, Result, bail};
use lightning_node::lnd::CALLS;
use ports::Clock as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use trust::{OperatorSeed, VerifyingKey};

pub fn run(cli: Cli) -> Result<ExitCode> {
    let place = &cli.place;
    let (answer, json) = match cli.command {
        Command::Init(args) => return init::run(place, args).map(|()| ExitCode::SUCCESS),
        Command::Serve(args) => return server::run(place, &args),
        Command::Config => {
            out::line(config::DEFAULT.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Openapi => {
            out::line(web::openapi_json().trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Doctor(report) => (doctor::run(place)?, report.json),
        Command::Key(args) if args.pairing => {
            let (config, root) = root_key(place)?;
            out::line(pairing(&config, &root));
            return Ok(ExitCode::SUCCESS);
        }
        Command::Key(args) => (key(place)?, args.report.json),
        Command::Recipes(command) => recipes::run(place, &command, SystemClock.now())?,
        Command::Node { vendor: false, command: Node::Liquidity { days, svg, report } } => {
            let answer = of_server(place, &Request::NodeLiquidity { days })?;
            if let Some(file) = &svg {
                ops::liquidity::draw(&answer, file)?;
            }
            (answer, report.json)
        }
        Command::Node { vendor, command } => {
            let Some((request, json)) = node_request(command) else {
                out::line(bake_macaroon());
                return Ok(ExitCode::SUCCESS);
            };
            let request = if vendor { Request::VendorNode { request: Box::new(request) } } else { request };
            (of_server(place, &request)?, json)
        }
        Command::Ledger(report) => (of_server_or_store(place, &Request::Ledger)?, report.json),
        Command::Treasury(report) => (of_server(place, &Request::Treasury)?, report.json),
        Command::OnChain(command) => (onchain(place, command)?, false),
        Command::Reconcile(args) => {
            (of_server(place, &Request::Reconcile { accept: args.accept, fees: args.fees })?, args.json)
        }
        Command::Parked(Parked::List(report)) => (of_server_or_store(place, &Request::ParkedList)?, report.json),
        Command::Parked(Parked::Explain { id, report }) => {
            (of_server_or_store(place, &Request::ParkedExplain { id })?, report.json)
        }
        Command::Parked(Parked::Resolve { id }) => (of_server(place, &Request::ParkedResolve { id })?, false),
        Command::Borne(Borne::List(report)) => (of_server_or_store(place, &Request::BorneList)?, report.json),
        Command::Borne(Borne::Clear { count }) => (of_server_or_store(place, &Request::BorneClear { count })?, false),
        Command::Drain(args) => {
            let request = Request::Drain { return_holds: args.return_holds, wait_secs: args.wait_secs };
            (of_server(place, &request)?, false)
        }
        Command::Invite(args) => (of_server_or_store(place, &Request::Invite { count: args.count })?, args.json),
        Command::Rates(args) if args.history => {
            let request = Request::RateHistory { currency: args.currency, days: args.days };
            let answer = of_server_or_store(place, &request)?;
            if let Some(file) = &args.svg {
                ops::past_rates::draw(&answer, file)?;
            }
            (answer, args.report.json)
        }
        Command::Rates(args) => (ops::rates::run(place, args.currency)?, args.report.json),
        Command::Network(args) => (ops::network::run(place, &args)?, args.report.json),
        Command::Backup { path } => (backup(place, &path)?, false),
    };
    show(&answer, json)?;
    Ok(if answer.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn onchain(place: &Place, command: OnChain) -> Result<Answer> {
    let OnChain::Withdraw { address, amount_sat, number } = command;
    of_server(place, &Request::OnChainWithdraw { address, amount_sat, number })
}

fn backup(place: &Place, path: &Path) -> Result<Answer> {
    let path = std::path::absolute(path)?;
    let path = path.to_str().context("the path is not UTF-8")?.to_owned();
    of_server_or_store(place, &Request::Backup { path })
}

/// Each call by its name: less than LND's coarse rights, which would let it spend on the chain or close channels.
fn bake_macaroon() -> String {
    let calls: Vec<String> = CALLS.iter().map(|needed| format!("uri:{}", needed.call)).collect();
    format!("lncli bakemacaroon {}", calls.join(" "))
}

fn show(answer: &Answer, json: bool) -> Result<()> {
    if json {
        out::json(&answer.json)
    } else {
        out::line(&answer.text);
        Ok(())
    }
}

fn of_server(place: &Place, request: &Request) -> Result<Answer> {
    match admin::ask(&place.data, request)? {
        Some(answer) => Ok(answer),
        None => bail!(
            "no server runs on {}: start it with `anytill serve` (or name its data directory with --data)",
            place.data.display()
        ),
    }
}

/// What needs the database only: the server's answer, or that of the database under its lock.
fn of_server_or_store(place: &Place, request: &Request) -> Result<Answer> {
    if let Some(answer) = admin::ask(&place.data, request)? {
        return Ok(answer);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(offline(place, request))
}

async fn offline(place: &Place, request: &Request) -> Result<Answer> {
    let store = admin::offline_store(&place.data)?;
    let answer = match request {
        Request::Ledger => ops::ledger::report(&store).await,
        Request::ParkedList => ops::parked::list(&store).await,
        Request::ParkedExplain { id } => ops::parked::explain(&store, id).await,
        Request::Backup { path } => ops::backup(&store, path).await,
        Request::BorneList => ops::borne::list(&store).await,
        Request::RateHistory { currency, days } => {
            ops::past_rates::report(&store, *currency, *days, SystemClock.now()).await
        }
        Request::BorneClear { count } => ops::borne::clear(&store, count).await,
        Request::Invite { count } => {
            let config = config::load(&config::file_of(&place.data, place.config.as_deref()), std::env::vars())?;
            let rules = wiring::account_rules(&config);
            let accounts = open_accounts(&store, Arc::new(SystemClock), rules).await?;
            ops::invite(&accounts, *count, config.accounts.invite_days).await
        }
        other => bail!("{other:?} needs the running server"),
    };
    store.close().await;
    answer
}

/// Follows from the seed words; nothing else is needed.
fn root_key(place: &Place) -> Result<(config::Config, VerifyingKey)> {
    let file = config::file_of(&place.data, place.config.as_deref());
    let config = config::load(&file, std::env::vars())?;
    let root = OperatorSeed::new(*read_seed(&config, lookup(&file))?).root_key(0).verifying_key();
    Ok((config, root))
}

/// What a shopper gives the extension: where the server is, and by which key it is known.
fn pairing(config: &config::Config, root: &VerifyingKey) -> String {
    match config.server.public_url.as_str() {
        "" => format!("anytill:http://{}#{root}", config.server.listen),
        url => format!("anytill:{url}#{root}"),
    }
}

fn key(place: &Place) -> Result<Answer> {
    let (config, root) = root_key(place)?;
    let pairing = pairing(&config, &root);
    let text = format!(
        "{root}\n\nThe root key of this server. A shopper pairs the extension with this text, which pins this server and \
         no other; hand it over where nobody can change it:\n{pairing}"
    );
    let url = &config.server.public_url;
    Answer::new(true, text, &serde_json::json!({ "root_key": root, "public_url": url, "pairing": pairing }))
}

/// What the running server is asked; nothing, where none is needed.
fn node_request(node: Node) -> Option<(Request, bool)> {
    Some(match node {
        Node::BakeMacaroon => return None,
        Node::Id(cli::Report { json }) => (Request::NodeId, json),
        Node::Address(cli::Report { json }) => (Request::NodeAddress, json),
        Node::Connect { peer } => (Request::NodeConnect { peer }, false),
        Node::Open { peer, capacity_sat, push_msat, announce } => {
            (Request::NodeOpen { peer, capacity_sat, push_msat, announce }, false)
        }
        Node::Close { channel_id, force } => (Request::NodeClose { channel_id, force }, false),
        Node::Balances(cli::Report { json }) => (Request::NodeBalances, json),
        Node::Channels(cli::Report { json }) => (Request::NodeChannels, json),
        Node::Peers(cli::Report { json }) => (Request::NodePeers, json),
        Node::Holds(cli::Report { json }) => (Request::NodeHolds, json),
        Node::Withdraw { address, amount_sat, sat_per_vbyte } => {
            (Request::NodeWithdraw { address, amount_sat, sat_per_vbyte }, false)
        }
        Node::Liquidity { days, report, .. } => (Request::NodeLiquidity { days }, report.json),
        Node::JitInvoice { amount_sat, max_fee_sat } => (Request::NodeJitInvoice { amount_sat, max_fee_sat }, false),
        Node::OrderChannel { capacity_sat, max_fee_sat, expiry_blocks, anew } => {
            (Request::NodeOrderChannel { capacity_sat, max_fee_sat, expiry_blocks, anew }, false)
        }
        Node::Orders(cli::Report { json }) => (Request::NodeOrders, json),
        Node::SpliceIn { channel_id, amount_sat } => (Request::NodeSpliceIn { channel_id, amount_sat }, false),
        Node::SpliceOut { channel_id, address, amount_sat } => {
            (Request::NodeSpliceOut { channel_id, address, amount_sat }, false)
        }
        Node::Invoice { amount_sat } => (Request::NodeInvoice { amount_sat }, false),
        Node::Pay { bolt11, max_fee_sat } => (Request::NodePay { bolt11, max_fee_sat }, false),
    })
}
