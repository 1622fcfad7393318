//! What `doctor` says where nothing works: every complaint with what to do about it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Nobody listens there, and connecting is refused at once.
const CLOSED: &str = "http://127.0.0.1:1";

fn anytill(data: &Path, args: &[&str]) -> Output {
    anytill_with(data, args, &[])
}

fn anytill_with(data: &Path, args: &[&str], more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anytill"));
    command.arg("--data").arg(data).args(args).env_clear().envs(more.iter().copied());
    for (name, value) in [
        ("PASSWORD", "password"),
        ("ISSUER_SECRET", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="),
        ("ISSUER_KEY", "issuer-key"),
        ("EXCHANGE_PRIVATE", "c2VjcmV0"),
        ("ANYTILL_ISSUER__BASE_URL", CLOSED),
        ("ANYTILL_ISSUER__API_KEY", "env:ISSUER_KEY"),
        ("ANYTILL_ISSUER__AUTHORIZATION_SECRET", "env:ISSUER_SECRET"),
        ("ANYTILL_ISSUER__EVENTS_SECRET", "env:ISSUER_SECRET"),
        ("ANYTILL_EXCHANGE__BASE_URL", CLOSED),
        ("ANYTILL_EXCHANGE__API_KEY", "env:EXCHANGE_KEY"),
        ("ANYTILL_EXCHANGE__PRIVATE_KEY", "env:EXCHANGE_PRIVATE"),
        ("ANYTILL_PRICES__VENUES", "[{ vendor = \"kraken\", base_url = \"http://127.0.0.1:1\" }]"),
        ("ANYTILL_PRICES__VENUES_MIN", "1"),
        ("ANYTILL_PRICES__CURRENCIES", "[]"),
        ("ANYTILL_PRICES__TABLE_URL", ""),
    ] {
        command.env(name, value);
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn everything_that_is_down_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let init = [
        "init",
        "--yes",
        "--network",
        "signet",
        "--chain-source",
        "bitcoind",
        "--chain-url",
        CLOSED,
        "--chain-user",
        "u",
        "--chain-password",
        "env:PASSWORD",
    ];
    assert!(anytill(&data, &init).status.success());
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(data.join("seed.words"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let done = anytill(&data, &["doctor"]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done).replace(data.to_str().unwrap(), "DATA");
    let expected = "\
ok      configuration   DATA/anytill.toml, signet
WRONG   data directory  DATA can be entered by others (mode 755)
                        -> chmod 700 DATA
WRONG   secret files    others can read DATA/seed.words
                        -> `chmod 600` them: whoever reads one has the key
ok      seed words      24 words, node NODE
ok      disk            FREE
ok      clock           plausible; the exchange compares it below
SWAP
WRONG   public address  server.public_url is not set: neither shoppers nor the issuer find this server
                        -> set server.public_url to the https address of the proxy in front of this server
ok      registration    by invitation
ok      recipes         none: shoppers use those that the extension was built with
ok      database        whole
WRONG   chain source    http://127.0.0.1:1: Connection refused (os error 111)
                        -> start it, or correct chain.url; without heights nothing is held or claimed
warning server          does not run: channels, room and holds cannot be seen
                        -> `anytill serve`, then run this again
WRONG   issuer          Lithic does not answer: NETWORK
                        -> see issuer.base_url, issuer.api_key and the network
WRONG   exchange        exchange.api_key: the environment has no variable EXCHANGE_KEY
                        -> fill in [exchange]
WRONG   prices          USD: no price was ever seen
                        -> without a price nothing is quoted: see prices.venues and the network
warning kraken          USD: no price: NETWORK
                        -> see prices.venues and the network
ok      linked accounts none can be linked
ok      gift cards      none: stores are paid by card only

7 wrong, WARNINGS";
    let shown: Vec<String> = shown.lines().filter_map(of_this_machine).collect();
    let expected: Vec<String> = expected.lines().map(str::to_owned).collect();
    assert_eq!(shown, expected, "\n{}", shown.join("\n"));

    let json: Vec<serde_json::Value> = serde_json::from_slice(&anytill(&data, &["doctor", "--json"]).stdout).unwrap();
    assert_eq!(json.iter().filter(|check| check["verdict"] == "wrong").count(), 7);
}

/// What differs from machine to machine, and run to run, by a word of its own.
fn of_this_machine(line: &str) -> Option<String> {
    let word = |name: &str| line.get(8..).is_some_and(|rest| rest.starts_with(name));
    if word("seed words") {
        let (before, id) = line.rsplit_once(' ')?;
        assert_eq!(id.len(), 66, "{id}");
        return Some(format!("{before} NODE"));
    }
    if word("disk") {
        return Some("ok      disk            FREE".to_owned());
    }
    if word("swap") {
        return Some("SWAP".to_owned());
    }
    if line.contains("turn it off or encrypt it") {
        return None;
    }
    if let Some((before, _)) = line.split_once("does not answer: ") {
        return Some(format!("{before}does not answer: NETWORK"));
    }
    if let Some((before, _)) = line.split_once("no price: ") {
        return Some(format!("{before}no price: NETWORK"));
    }
    line.split_once("7 wrong, ").map_or(Some(line.to_owned()), |_| Some("7 wrong, WARNINGS".to_owned()))
}

#[test]
fn a_configuration_that_cannot_be_used_is_explained_before_anything_else() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let nothing = anytill(&data, &["doctor"]);
    assert!(text(&nothing).contains("run `anytill init` first"), "{}", text(&nothing));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("anytill.toml"), "[issuer]\napi_key = \"sk_live_1234\"\n[log]\nfromat = \"json\"\n")
        .unwrap();
    let unknown = text(&anytill(&data, &["doctor"]));
    assert!(unknown.contains("WRONG   configuration") && unknown.contains("did you mean `log.format`?"), "{unknown}");
    std::fs::write(data.join("anytill.toml"), "[exchange]\napi_key = \"sk_live_1234\"\n").unwrap();
    let shown = anytill(&data, &["serve"]);
    assert!(!shown.status.success());
}

#[test]
fn a_seed_that_is_brought_along_is_used_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (words, data) = (dir.path().join("words"), dir.path().join("data"));
    std::fs::write(&words, ["abandon"; 23].join(" ") + " art\n").unwrap();
    let seed_file = words.to_str().unwrap();
    let made = anytill(&data, &["init", "--yes", "--seed-file", seed_file]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(!text(&made).contains("abandon") && text(&made).contains("are used"), "{}", text(&made));
    let other = anytill(&dir.path().join("other"), &["init", "--yes", "--seed-file", seed_file]);
    let node = |output: &Output| text(output).lines().last().map(str::to_owned);
    assert_eq!(node(&made), node(&other));
    assert_eq!(text(&anytill(&data, &["key"])), text(&anytill(&dir.path().join("other"), &["key"])));

    std::fs::write(&words, "abandon abandon\n").unwrap();
    let third = dir.path().join("third");
    let refused = anytill(&third, &["init", "--yes", "--seed-file", seed_file]);
    assert!(!refused.status.success() && !third.join("anytill.toml").exists());
    assert!(!String::from_utf8_lossy(&refused.stderr).contains("abandon"));
}

/// Words that were made and not shown would be used by the next init, and never shown.
#[test]
fn an_init_that_is_refused_makes_no_words() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let refused = anytill(&data, &["init", "--yes", "--chain-password", "a password in the clear"]);
    assert!(!refused.status.success() && !data.exists(), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(text(&anytill(&data, &["init", "--yes"])).contains("24 seed words"));
}

/// The vendor of gift cards is asked with the key, which is not shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_of_gift_cards_is_asked() {
    use sandbox::{VendorClock, bitrefill};
    let node = std::sync::Arc::new(bitrefill::MemoryInvoicer::new(VendorClock::wall()));
    let vendor = bitrefill::Bitrefill::start(node, bitrefill::BitrefillConfig::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    assert!(anytill(&data, &["init", "--yes"]).status.success());
    let (url, key) = (vendor.api_url(), vendor.api_key());
    for (key, said) in [
        (key, "ok      gift cards      bitrefill answers and takes the key; products for"),
        ("another-key", "WRONG   gift cards      bitrefill refuses: unauthorized"),
    ] {
        let more = [
            ("ANYTILL_GIFT_CARDS__VENDOR", "bitrefill"),
            ("ANYTILL_GIFT_CARDS__BASE_URL", url.as_str()),
            ("ANYTILL_GIFT_CARDS__API_KEY", "env:GIFT_KEY"),
            ("ANYTILL_VENDOR_NODE__ENABLED", "true"),
            ("GIFT_KEY", key),
        ];
        let shown = text(&anytill_with(&data, &["doctor"], &more));
        assert!(shown.contains(said) && !shown.contains(key), "{shown}");
    }
    assert_eq!(vendor.faults().seen("GET /v2/accounts/balance"), 2);
}
