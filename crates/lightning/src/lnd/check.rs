//! What an operator got wrong, each in one sentence and with what to do.

use super::config::LndConfig;
use super::macaroon::Rights;
use super::node::wrong_network;
use super::rest::{Rest, RestError};
use super::wire::{Info, WalletState};
use ids::NodeId;

/// The oldest release that the conformance suite has passed on.
const VERSION_MIN: (u32, u32) = (0, 21);

/// Something to be mended, or, where `fatal` is not set, to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub fatal: bool,
    pub what: String,
    pub mend: String,
}

fn fatal(what: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault { fatal: true, what: what.into(), mend: mend.into() }
}

fn minor(what: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault { fatal: false, what: what.into(), mend: mend.into() }
}

/// Looks a node over without changing anything; who it is, when it tells, and its faults.
pub async fn look_over(config: &LndConfig) -> (Option<NodeId>, Vec<Fault>) {
    let mut faults = Vec::new();
    if let Err(fault) = config.certificate.check() {
        return (None, vec![fatal(fault.to_string(), "copy the node's tls.cert there")]);
    }
    let readable = check_macaroon(config, &mut faults);
    let rest = match Rest::new(config) {
        Ok(rest) => rest,
        Err(error) => return (None, vec![fatal(format!("url: {error}"), "https://host:port of its restlisten")]),
    };
    match rest.get_openly::<WalletState>("/v1/state").await {
        Ok(WalletState { state }) => match state.as_str() {
            "SERVER_ACTIVE" | "RPC_ACTIVE" => {}
            "LOCKED" => {
                faults.push(fatal("its wallet is locked", "lncli unlock"));
                return (None, faults);
            }
            "NON_EXISTING" => {
                faults.push(fatal("it has no wallet yet", "lncli create"));
                return (None, faults);
            }
            other => {
                faults.push(fatal(format!("it is still starting ({other})"), "wait, and look at its log"));
                return (None, faults);
            }
        },
        Err(error) => {
            faults.push(unreachable(&error, config));
            return (None, faults);
        }
    }
    if !readable {
        return (None, faults);
    }
    match rest.get::<Info>("/v1/getinfo").await {
        Ok(info) => {
            check_info(&info, config, &mut faults);
            (info.identity_pubkey.parse().ok(), faults)
        }
        Err(error @ RestError::NotSent(_)) => {
            faults.push(fatal(error.to_string(), "bake a macaroon as docs/operating/lnd.md says"));
            (None, faults)
        }
        Err(error) if ["macaroon", "caveat", "verification failed"].iter().any(|word| error.says(word)) => {
            faults.push(fatal(
                error.to_string(),
                "bake another, as docs/operating/lnd.md says; this one has ended or is foreign",
            ));
            (None, faults)
        }
        // What it asks its chain for before it answers.
        Err(error) => {
            let what = format!("it answers, but cannot tell how its chain is: {error}");
            faults.push(fatal(what, "its bitcoind is gone or slow: look at both logs"));
            (None, faults)
        }
    }
}

/// `false`: nothing can be asked with it.
fn check_macaroon(config: &LndConfig, faults: &mut Vec<Fault>) -> bool {
    let rights = hex::decode(config.macaroon.expose()).ok().and_then(|bytes| Rights::read(&bytes).ok());
    let Some(rights) = rights else {
        faults.push(fatal(
            "the macaroon cannot be read",
            "hex of a macaroon in one line, as lncli bakemacaroon prints it",
        ));
        return false;
    };
    const ANEW: &str = "bake it anew: `anytill node bake-macaroon` prints the command";
    let missing = rights.missing();
    let needed: Vec<_> = missing.iter().filter(|it| it.only_for.is_none()).map(|it| it.call).collect();
    if !needed.is_empty() {
        faults.push(fatal(format!("the macaroon lacks the right to {}", needed.join(", ")), ANEW));
    }
    for (useful, only_for) in missing.iter().filter_map(|it| it.only_for.map(|only_for| (it.call, only_for))) {
        faults.push(minor(format!("the macaroon lacks the right to {useful}: {only_for} are not known"), ANEW));
    }
    let needless = rights.needless();
    if !needless.is_empty() {
        let what = format!("the macaroon allows what the server never does: {}", needless.join(", "));
        faults.push(minor(what, "bake one for less: `anytill node bake-macaroon` prints the command"));
    }
    true
}

fn unreachable(error: &RestError, config: &LndConfig) -> Fault {
    let text = error.to_string();
    if text.contains("not the pinned one") {
        let file = config.certificate.file().display();
        let what = "the node at this address shows another certificate than the pinned one";
        let mend = format!("if the node renewed it, copy its tls.cert to {file}; else somebody stands in between");
        return fatal(what, mend);
    }
    fatal(format!("it does not answer at {}: {text}", config.url), "is it running, and is restlisten that address?")
}

fn check_info(info: &Info, config: &LndConfig, faults: &mut Vec<Fault>) {
    if let Some(wrong) = wrong_network(info, config.network) {
        faults.push(fatal(wrong.to_string(), "chain.network, or another node"));
    }
    if version(&info.version).is_none_or(|version| version < VERSION_MIN) {
        let what = format!("it is LND {}; 0.21 is the oldest that was tried", info.version);
        faults.push(fatal(what, "a newer LND"));
    }
    if !info.store_final_htlc_resolutions {
        faults.push(fatal(
            "it does not keep final HTLC resolutions: after a restart no claim could be confirmed",
            "store-final-htlc-resolutions=true in its lnd.conf, then restart it",
        ));
    }
    if !info.synced_to_chain {
        faults.push(fatal(
            format!("it is not synced to its chain (height {})", info.block_height),
            "wait; if it stays so, its bitcoind is behind, gone, or has had no block for two hours",
        ));
    }
    if info.num_active_channels == 0 {
        faults.push(minor("it has no active channel", "open one towards it: it can receive nothing"));
    }
}

/// Of `0.21.3-beta commit=..`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(['.', '-', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(version("0.21.3-beta commit=v0.21.3-beta"), Some((0, 21)));
        assert!(version("0.9.0-beta").unwrap() < VERSION_MIN && version("1.0").unwrap() > VERSION_MIN);
        assert_eq!(version("master"), None);
    }
}
