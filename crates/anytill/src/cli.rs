//! The commands and what their help teaches.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Lets shoppers pay at any online store with bitcoin over Lightning.
///
/// A new server: `anytill init`, fill in the configuration it wrote, `anytill doctor` until it has no complaint,
/// `anytill serve`. Then, beside it: `anytill node address` (fund it), `anytill node connect` and inbound capacity,
/// `anytill invite` for the first shopper. Before a stop: `anytill drain`.
#[derive(Debug, Parser)]
#[command(name = "anytill", version, arg_required_else_help = true, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Everything this server keeps: configuration, database, Lightning node, seed words. One server at a time.
    #[arg(long, global = true, value_name = "DIR", env = "ANYTILL_DATA", default_value = "anytill-data")]
    pub data: PathBuf,
    /// The configuration, if it is not `anytill.toml` in the data directory.
    #[arg(long, global = true, value_name = "FILE", env = "ANYTILL_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a new server: seed words, configuration, database
    ///
    /// Shows the 24 seed words once. They are the node's identity and its on-chain money: write them on paper. Asks
    /// what it needs to know unless `--yes` is given or nobody is there to answer. Changes nothing that exists.
    Init(Init),
    /// Runs the server
    ///
    /// Prints one line when it takes requests: `ready <http address> node <id>@<address>`. Ctrl-C or SIGTERM stops:
    /// no new purchases, steps under way are finished, held HTLCs are named; a second Ctrl-C stops at once. Nothing
    /// that was agreed is lost by a crash: start again.
    Serve(Serve),
    /// Says what is wrong and how to mend it
    ///
    /// Each line is `ok`, `warning` or `wrong`; exits with 1 if something is wrong. Asks the running server, or what
    /// can be asked without it. Run it before `serve`, after every change, and first in every trouble.
    Doctor(Report),
    /// The Lightning nodes of the running server: the one that holds or, with --vendor, the one that pays gift cards
    Node {
        /// The node that pays gift-card vendors.
        #[arg(long, global = true)]
        vendor: bool,
        #[command(subcommand)]
        command: Node,
    },
    /// Trial balance, profit and loss, exposure
    ///
    /// Every posting adds up to zero per currency and layer, so the trial balance does. Debits are positive.
    Ledger(Report),
    /// Where bitcoin and money are, what should be there, and what to move
    ///
    /// Channels, exchange, issuer float, what is unsold and owed, each against `[treasury]`. It moves nothing: below
    /// the table are commands for you to run. What cannot be read is shown as `?`.
    Treasury(Report),
    /// The wallet that shoppers pay on the chain
    #[command(subcommand, name = "onchain")]
    OnChain(OnChain),
    /// Compares the ledger with node, exchange and issuer
    ///
    /// To the satoshi and the cent; exits with 1 on a difference. Bitcoin or money that you moved by hand is a
    /// difference until `--accept` books it as put in or taken out by the operator.
    Reconcile(Reconcile),
    /// What waits for the operator
    #[command(subcommand)]
    Parked(Parked),
    /// Captures that you had to bear, by account and by store
    ///
    /// Forced and late captures, overruns, the tolerance. Beyond `limits.borne_account_minor_max` and
    /// `limits.borne_store_minor_max` nothing more is sold to that account or at that store until you clear the count.
    #[command(subcommand)]
    Borne(Borne),
    /// Takes no new purchases and waits until nothing is held
    ///
    /// While held HTLCs are open and the server is away, their channels are closed soon after the HTLCs' expiry, at
    /// everybody's cost. Says when it is safe to stop; the server goes on until you stop it.
    Drain(Drain),
    /// Makes invitation codes, each for one registration
    Invite(Invite),
    /// What a bitcoin costs now, by each venue, and which are believed
    ///
    /// Asks the running server, else the venues themselves, once. Prices by the daily table are estimates: nothing is
    /// sold by them. Exits with 1 if a currency has no price. `--history` shows what it cost before, running or not.
    Rates(Rates),
    /// The Lightning Network: nodes, channels, capacity, how they changed, and whether an amount arrives
    ///
    /// From what the running server's node has heard, with the snapshots that it keeps each day; or from a graph that
    /// another node wrote (`lncli describegraph`, `lightning-cli listchannels`). The chance is LDK's estimate from
    /// capacities, as a payer at one of the biggest nodes would see it.
    Network(NetworkArgs),
    /// Writes a whole copy of the database (never of the Lightning node)
    Backup {
        /// A file that does not exist yet.
        path: PathBuf,
    },
    /// Shows the root public key, by which extensions pin this server
    Key(Key),
    /// Newer recipes for the shoppers' extensions
    #[command(subcommand)]
    Recipes(Recipes),
    /// Prints the OpenAPI document of the JSON API
    Openapi,
    /// Prints every setting with its default and its meaning
    Config,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Network {
    Regtest,
    Signet,
    Testnet,
    Bitcoin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChainSource {
    Bitcoind,
    Esplora,
    Electrum,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The Bitcoin network, for ever.
    #[arg(long)]
    pub network: Option<Network>,
    /// Where blocks come from.
    #[arg(long)]
    pub chain_source: Option<ChainSource>,
    /// `http://host:port` of a bitcoind, `https://host/api` of an Esplora or `ssl://host:port` of an Electrum server.
    #[arg(long, value_name = "URL")]
    pub chain_url: Option<String>,
    /// User of the bitcoind.
    #[arg(long, value_name = "NAME")]
    pub chain_user: Option<String>,
    /// Where the bitcoind's password is: `env:NAME` or `file:PATH`.
    #[arg(long, value_name = "REFERENCE")]
    pub chain_password: Option<String>,
    /// The address under which shoppers and the issuer will reach this server.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Where the seed words are kept, mode 0600. If the file exists its words are used.
    #[arg(long, value_name = "FILE")]
    pub seed_file: Option<PathBuf>,
    /// Ask nothing; take the default for whatever is not given.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Write addresses and node id there as JSON once the server is ready; removed when it stops.
    #[arg(long, value_name = "PATH", env = "ANYTILL_READY_FILE")]
    pub ready_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Report {
    /// One JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Key {
    /// Only the text that a shopper pairs the extension with: `anytill:<public address>#<root key>`.
    #[arg(long, conflicts_with = "json")]
    pub pairing: bool,
    #[command(flatten)]
    pub report: Report,
}

#[derive(Debug, Subcommand)]
pub enum Recipes {
    /// Signs the recipes of a directory into one file
    ///
    /// Reads every `*.json` but schemas, refuses what is not flat data of the known form, and signs with the recipe key
    /// of the seed words. Name the file in `recipes.file` and start the server again: it answers with it at
    /// `/v1/recipes`. Its version is the time, and above that of a file that is replaced; nothing changes where nothing
    /// did.
    Sign {
        /// One recipe a file.
        dir: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Checks a signed file and shows what is in it
    ///
    /// Exits with 1 if the signature is wrong, or by another key than this server's.
    Show {
        file: PathBuf,
        #[command(flatten)]
        report: Report,
    },
}

#[derive(Debug, Subcommand)]
pub enum Node {
    /// Node id and where peers reach it
    Id(Report),
    /// The command that bakes a macaroon for exactly what the server asks of an LND; needs no server
    BakeMacaroon,
    /// A fresh on-chain address, to fund channels and their reserve
    Address(Report),
    /// Connects to a peer, now and after every start
    Connect {
        /// `<node id>@<host>:<port>`
        peer: String,
    },
    /// Opens a channel from us to a peer
    ///
    /// That gives outbound capacity. To receive, inbound capacity is needed: a channel that a peer opens to us.
    Open {
        /// `<node id>@<host>:<port>`
        peer: String,
        capacity_sat: u64,
        /// Given to the peer with the channel.
        #[arg(long, default_value_t = 0)]
        push_msat: u64,
        /// Make it known to the network; needs `node.alias` and `node.listen`.
        #[arg(long)]
        announce: bool,
    },
    /// Closes a channel together with its peer
    Close {
        /// As `anytill node channels` shows it.
        channel_id: String,
        /// Without the peer: costs fees and takes blocks; what is held in it is decided on the chain.
        #[arg(long)]
        force: bool,
    },
    /// On-chain and in channels
    Balances(Report),
    /// Channels, with what they can receive
    Channels(Report),
    /// Peers
    Peers(Report),
    /// HTLCs held and not yet claimed or returned, nearest deadline first
    Holds(Report),
    /// Sends on-chain, never out of the reserve
    Withdraw {
        address: String,
        amount_sat: u64,
        /// Else the node's estimate.
        #[arg(long)]
        sat_per_vbyte: Option<u64>,
    },
    /// An invoice for bitcoin of your own, good for an hour
    ///
    /// `anytill node --vendor invoice AMOUNT`, paid by `anytill node pay`, moves bitcoin from the node that holds to the
    /// one that pays vendors.
    Invoice { amount_sat: u64 },
    /// An invoice for bitcoin of your own that your LSP opens a channel for, good for an hour
    ///
    /// The LSP (`node.lsp`, LSPS2) opens a channel to this node when the invoice is paid, keeps its fee of the sum, and
    /// forwards the rest. What the channel is larger than the sum is room to receive. Then `anytill reconcile --accept NOTE`.
    JitInvoice {
        amount_sat: u64,
        /// Highest fee of the LSP.
        #[arg(long, value_name = "SATOSHI")]
        max_fee_sat: u64,
    },
    /// Orders a channel from your LSP, to be paid beforehand (LSPS1); pays nothing
    ///
    /// Shows the LSP's fee and its invoice, or refuses above `--max-fee-sat`. The same again shows the same order while it
    /// is not paid. Pay it by `anytill node pay`, or from any wallet.
    OrderChannel {
        /// Room to receive.
        capacity_sat: u64,
        /// Highest fee of the LSP.
        #[arg(long, value_name = "SATOSHI")]
        max_fee_sat: u64,
        /// How long the LSP keeps the channel open at least: 4,320 are about thirty days.
        #[arg(long, value_name = "BLOCKS", default_value_t = 4_320)]
        expiry_blocks: u32,
        /// Another one, even though the same is ordered and not paid.
        #[arg(long)]
        anew: bool,
    },
    /// Channels that were ordered, as the LSP has them now
    Orders(Report),
    /// Puts on-chain bitcoin of the node into a channel, for sending; experimental
    ///
    /// Room to receive grows only when the peer does so. Each call puts in more: look at `anytill node channels` before
    /// a second one.
    SpliceIn {
        /// As `anytill node channels` shows it.
        channel_id: String,
        amount_sat: u64,
    },
    /// Sends the node's own bitcoin out of a channel to an address, without closing it; experimental
    ///
    /// Each call sends: look at `anytill node channels` before a second one. Then `anytill reconcile --accept NOTE`.
    SpliceOut { channel_id: String, address: String, amount_sat: u64 },
    /// What can be received now, for how long at the present pace, and how to get more
    Liquidity {
        /// How many days the pace is taken from.
        #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=90))]
        days: u16,
        /// Also draws the kept days.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        #[command(flatten)]
        report: Report,
    },
    /// Pays an invoice of your own elsewhere, such as the exchange's Lightning deposit
    ///
    /// Once, however often it is run: the same invoice again says how it went. Not for refunds and vendors, which the
    /// server pays itself. Then `anytill reconcile --accept NOTE`.
    Pay {
        /// A BOLT 11 invoice with an amount.
        bolt11: String,
        /// Highest routing fee.
        #[arg(long, value_name = "SATOSHI")]
        max_fee_sat: u64,
    },
}

#[derive(Debug, Subcommand)]
pub enum OnChain {
    /// Sends what has arrived elsewhere, such as to the exchange's deposit address, less the chain's fee
    ///
    /// Coins that are final and in the books only. Once for an address, an amount and a number, however often it is run: the
    /// same again sends nothing, says how it went and ends with exit code 1. The same sum to the same address once more is
    /// `--number 2`, then 3, and so on. Then `anytill reconcile --accept NOTE`.
    Withdraw {
        address: String,
        amount_sat: u64,
        /// The how manieth send of this amount to this address.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        number: u32,
    },
}

#[derive(Debug, Args)]
pub struct Reconcile {
    /// One JSON document instead of text.
    #[arg(long)]
    pub json: bool,
    /// Book the differences as put in or taken out by you, with this note: `--accept "funded the node"`.
    #[arg(long, value_name = "NOTE")]
    pub accept: Option<String>,
    /// Book them as fees instead: what miners took when channels were opened or closed, or coins moved.
    #[arg(long, requires = "accept")]
    pub fees: bool,
}

#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Purchases and refunds that wait, with the reason
    List(Report),
    /// The whole story of a purchase or refund, and what may be done
    Explain {
        /// The id, its first digits, or the eight-character code on the invoice.
        id: String,
        #[command(flatten)]
        report: Report,
    },
    /// Goes on with a parked purchase or refund
    Resolve {
        /// The id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Borne {
    /// Every count that is not zero, largest first
    List(Report),
    /// Begins a count anew: its account or store is served again, and paid back early again
    Clear {
        /// As `anytill borne list` names it.
        count: String,
    },
}

#[derive(Debug, Args)]
pub struct Drain {
    /// Cancel what is held and not yet charged: those HTLCs go back to their payers now.
    #[arg(long)]
    pub return_holds: bool,
    /// Give up waiting after this; exits with 1 if something is still held.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub wait_secs: u64,
}

#[derive(Debug, Args)]
pub struct Rates {
    /// Only this one, such as `USD`.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<money::Currency>,
    /// What it cost before, as a plot: minutes are kept for two days, hours for ninety.
    #[arg(long)]
    pub history: bool,
    /// How far back.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "history")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=90))]
    pub days: u16,
    /// Writes the plot of one currency as a picture too.
    #[arg(long, value_name = "FILE", requires = "history")]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub report: Report,
}

#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// A file of another node's graph instead.
    #[arg(long, value_name = "FILE")]
    pub graph: Option<PathBuf>,
    /// How many channels could carry this; of the running server also the chance that it reaches its node, which a file
    /// does not tell.
    #[arg(long, value_name = "SAT", value_parser = clap::value_parser!(u64).range(1..=2_100_000_000_000_000))]
    pub amount_sat: Option<u64>,
    /// Also draws nodes, channels and capacity of the kept days.
    #[arg(long, value_name = "FILE", conflicts_with = "graph")]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub report: Report,
}

#[derive(Debug, Args)]
pub struct Invite {
    /// How many codes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub count: u16,
    /// One JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
