//! The server from outside: started, asked, stopped, refused.

mod common;

use common::{World, patch, said, wait};
use outbound::{HttpClient, Limits, Request};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt as _;
use std::str::FromStr as _;
use tokio::runtime::Handle;

/// Offset of `user_version` in a database's header (SQLite file format).
const USER_VERSION: usize = 60;

async fn get(url: &str, path: &str) -> (u16, String) {
    let client = HttpClient::new(url, Limits::default()).unwrap();
    let response = client.send(&Request::get(path)).await.unwrap();
    (response.status, String::from_utf8_lossy(&response.body).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_started_asked_and_stopped() {
    let world = World::new().await;
    let server = world.serve();
    let http = server.ready["http_url"].as_str().unwrap().to_owned();
    assert_eq!(get(&http, "/health/live").await.0, 204);
    let node_id = server.ready["node_id"].as_str().unwrap();
    assert!(world.ok(&["node", "id"]).starts_with(&format!("{node_id}@127.0.0.1:")));

    let refused = world.refused(&["serve"]);
    assert!(refused.contains("another Anytill server") && refused.contains("stop it first"), "{refused}");

    wait("fresh prices", || !world.refused(&["doctor"]).contains("no price was ever seen"));
    let doctor = world.refused(&["doctor"]);
    for line in [
        "ok      server",
        "ok      chain ",
        "ok      issuer          lithic answers",
        "ok      webhooks",
        "ok      no answer",
        "ok      float           10000.00 USD can be spent",
        "ok      exchange        kraken:",
        "WRONG   channels        none",
        "ok      reachable",
        "ok      parked          nothing waits for you",
        "1 wrong",
    ] {
        assert!(doctor.contains(line), "{line}\n{doctor}");
    }

    funded_and_reconciled(&world).await;

    let codes = world.ok(&["invite", "--count", "2", "--json"]);
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&codes).unwrap().len(), 2);
    assert!(world.ok(&["borne", "list"]).contains("nothing was borne"));
    assert!(world.refused(&["borne", "clear", "borne:store:shop.example:USD"]).contains("anytill borne list"));
    assert!(world.ok(&["drain"]).contains("safe to stop"));
    let (status, health) = get(&http, "/health").await;
    assert!(status == 503 && health.contains("draining"), "{health}");

    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());
    assert!(!world.ready_file().exists() && !world.data().join("admin.sock").exists());
    let alone = world.refused(&["node", "balances"]);
    assert!(alone.contains("anytill serve"), "{alone}");
    assert!(world.ok(&["ledger", "--json"]).contains("\"balanced\": true"));
    assert!(world.ok(&["parked", "list"]).contains("nothing is parked"));
    assert_eq!(world.ok(&["borne", "list", "--json"]).trim(), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn past_rates_are_kept_over_a_stop_and_plotted() {
    let world = World::new().await;
    let point = |json: &str| -> Option<u64> {
        serde_json::from_str::<serde_json::Value>(json).unwrap()["currencies"][0]["points"][0]["at_ms"].as_u64()
    };
    let server = world.serve();
    wait("a sample", || {
        let now = world.run(&["rates", "--json"]);
        now.status.success() && point(&String::from_utf8(now.stdout).unwrap()).is_some()
    });
    let seen = point(&world.ok(&["rates", "--json"])).unwrap();
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());

    assert_eq!(point(&world.ok(&["rates", "--history", "--json"])), Some(seen), "the stop keeps what was sampled");
    let picture = world.data().join("rates.svg");
    let shown = world.ok(&["rates", "--history", "--days", "90", "--svg", picture.to_str().unwrap()]);
    assert!(shown.starts_with("USD  lowest 5500.05, highest 5500.05, last 5500.05; 20"), "{shown}");
    assert!(shown.ends_with("\n     █\n"), "{shown}");
    assert!(std::fs::read_to_string(picture).unwrap().contains("5500.05 USD/BTC"));
    assert!(world.refused(&["rates", "--history", "--currency", "EUR"]).contains("nothing is known"));

    let server = world.serve();
    assert_eq!(point(&world.ok(&["rates", "--history", "--json"])), Some(seen), "asked of the running server");
    let now = String::from_utf8(world.run(&["rates", "--json"]).stdout).unwrap();
    assert_eq!(point(&now), Some(seen), "and the picture of today goes on from it");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());
}

const RECIPE: &str = r##"{ "id": "shop", "version": 1, "name": "Shop", "hosts": ["shop.example"], "paths": ["/pay"],
    "evidence": { "kind": "guess", "seen": "2026-11" }, "total": ["#total"], "charges": "order", "splits": false,
    "cardFirst": false, "takesGiftCards": false }"##;

#[tokio::test(flavor = "multi_thread")]
async fn recipes_are_signed_shown_and_served_as_they_were_signed() {
    let world = World::new().await;
    let (dir, out) = (world.data().join("stores"), world.data().join("recipes.json"));
    let (dir_name, out_name) = (dir.to_str().unwrap(), out.to_str().unwrap());
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("shop.json"), RECIPE).unwrap();
    let sign = ["recipes", "sign", dir_name, "--out", out_name];
    assert!(world.ok(&sign).starts_with("signed: version "));
    assert!(world.ok(&sign).starts_with("unchanged: "), "the same recipes are not signed twice");
    let first = std::fs::read_to_string(&out).unwrap();
    std::fs::write(dir.join("shop.json"), RECIPE.replace("#total", "#sum")).unwrap();
    assert!(world.ok(&sign).starts_with("signed: version "));
    let shown: serde_json::Value = serde_json::from_str(&world.ok(&["recipes", "show", out_name, "--json"])).unwrap();
    assert_eq!((&shown["own_key"], &shown["recipes"][0]["id"]), (&true.into(), &"shop".into()));

    let key = world.ok(&["key"]);
    let pairing = world.ok(&["key", "--pairing"]);
    let root = key.lines().next().unwrap();
    assert!(pairing.starts_with("anytill:http://127.0.0.1:") && pairing.trim_end().ends_with(&format!("#{root}")));
    assert!(key.trim_end().ends_with(pairing.trim_end()), "{key}");

    let config = world.data().join("anytill.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let named = text.replacen("#file = \"\"", "file = \"recipes.json\"", 1);
    assert_ne!(named, text, "the setting stands in a comment");
    std::fs::write(&config, named).unwrap();
    let doctor = said(&world.run(&["doctor"]));
    assert!(doctor.contains("ok      recipes         1, version "), "{doctor}");
    let server = world.serve();
    let http = server.ready["http_url"].as_str().unwrap();
    let (status, body) = get(http, "/v1/recipes").await;
    let signed = std::fs::read_to_string(&out).unwrap();
    assert_eq!((status, body.as_str()), (200, signed.trim_end()));
    assert!(body.contains("#sum") && signed != first);
    let (_, key_set) = get(http, "/v1/keyset").await;
    assert!(key_set.contains(&format!("recipe_key={}", shown["key"].as_str().unwrap())), "{key_set}");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());

    std::fs::write(&out, signed.replace("#sum", "#all")).unwrap();
    assert!(world.refused(&["recipes", "show", out_name]).contains("not signed by the key that it names"));
    assert!(world.refused(&sign).contains("would be replaced"), "a file that is not ours is not written over");
    let doctor = world.refused(&["doctor"]);
    assert!(doctor.contains("WRONG   recipes         recipes.file: not signed"), "{doctor}");
    // Held HTLCs come first: the server runs without them.
    let server = world.serve();
    assert_eq!(get(server.ready["http_url"].as_str().unwrap(), "/v1/recipes").await.0, 404);
    assert!(world.log().contains("no recipes are served"), "{}", world.log());
}

/// What the operator puts in is a difference until it is said to be the operator's.
async fn funded_and_reconciled(world: &World) {
    let address = world.ok(&["node", "address"]);
    let address =
        bitcoin::Address::from_str(address.trim()).unwrap().require_network(bitcoin::Network::Regtest).unwrap();
    world.chain.fund(&address, 1_000_000).await.unwrap();
    world.chain.mine(6).await.unwrap();
    wait("the node to see its funds", || {
        world.ok(&["node", "balances", "--json"]).contains("\"onchain_total_sat\": 1000000")
    });

    let differs = world.refused(&["reconcile"]);
    assert!(differs.contains("lightning:node") && differs.contains("0.01000000000"), "{differs}");
    assert!(differs.contains("10000.00") && differs.contains("DIFFERS") && differs.contains("--accept"), "{differs}");
    let booked = world.ok(&["reconcile", "--accept", "opening funds"]);
    assert!(booked.contains("booked: issuer:lithic 10000.00 USD, opening funds"), "{booked}");
    assert!(world.ok(&["reconcile"]).contains("everything agrees"));
    assert!(world.ok(&["ledger"]).contains("equity"));

    world.issuer.fund(-1);
    let differs = world.refused(&["reconcile"]);
    assert!(differs.contains("issuer:lithic") && differs.contains("-0.01"), "{differs}");
    world.issuer.fund(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_treasury_is_shown_and_moves_are_suggested() {
    let mut world = World::new().await;
    let set = |key, value: &str| (key, value.to_owned());
    world.settings.extend([
        set("ANYTILL_TREASURY__ISSUER_FLOAT_KEEP", "[\"9000.00 USD\"]"),
        set("ANYTILL_TREASURY__ISSUER_FLOAT_WARN", "[\"15000.00 USD\"]"),
        set("ANYTILL_TREASURY__ISSUER_FLOAT_TARGET", "[\"5000000.00 USD\"]"),
    ]);
    let server = world.serve();
    let float = |word: &str| {
        let said: serde_json::Value = serde_json::from_str(&world.ok(&["treasury", "--json"])).unwrap();
        let rows = said["places"].as_array().unwrap().iter();
        let row = rows.filter(|row| row["what"] == "float").collect::<Vec<_>>();
        assert!(row.len() == 1 && row[0]["word"] == word, "{said}");
        row[0]["amount"].as_i64().unwrap()
    };
    assert_eq!(float("low"), 1_000_000);
    let text = world.ok(&["treasury"]);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(words).collect();
    for line in
        ["lithic float USD 10000.00 5000000.00 low", "node room for holds BTC 0.00000000000 empty: quoting stops"]
    {
        assert!(lines.iter().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(text.contains("at kraken's own site to the bank account that funds lithic"), "{text}");
    assert!(text.contains("from elsewhere") && text.contains("reconcile --accept"), "{text}");
    assert!(said(&world.run(&["doctor"])).contains("warning treasury        lithic float: 10000.00 USD low"));
    let http = server.ready["http_url"].as_str().unwrap();
    let metrics = || tokio::task::block_in_place(|| Handle::current().block_on(get(http, "/metrics"))).1;
    let shown = |start: &str, value: &str| {
        let of = |line: &&str| line.starts_with(start) && line.contains("what=\"float\"");
        metrics().lines().find(of).is_some_and(|line| line.ends_with(value))
    };
    wait("the metrics", || shown("anytill_treasury_level{", " 2"));
    assert!(shown("anytill_treasury_amount{", " 1000000"), "{}", metrics());
    // One cent less than the floor, the smallest purchase and its tolerance need.
    world.issuer.fund(-(1_000_000 - 900_000 - 200) - 1);
    assert_eq!(float("stops"), 900_199);
    world.issuer.fund(1);
    assert_eq!(float("low"), 900_200);

    let refused = world.refused(&["node", "pay", "lnbcrt1", "--max-fee-sat", "1"]);
    assert!(refused.contains("no BOLT 11 invoice"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bitcoin_moves_from_one_node_to_the_other_and_only_once() {
    let mut world = World::new().await;
    let set = |key, value: &str| (key, value.to_owned());
    world.settings.extend([
        set("ANYTILL_VENDOR_NODE__ENABLED", "true"),
        set("ANYTILL_VENDOR_NODE__LISTEN", "[\"127.0.0.1:0\"]"),
        set("ANYTILL_TREASURY__VENDOR_OUTBOUND_SAT_TARGET", "40000"),
    ]);
    let _server = world.serve();
    for node in [&["node", "address"][..], &["node", "--vendor", "address"]] {
        let address = bitcoin::Address::from_str(world.ok(node).trim()).unwrap();
        let address = address.require_network(bitcoin::Network::Regtest).unwrap();
        world.chain.fund(&address, 1_000_000).await.unwrap();
    }
    world.chain.mine(6).await.unwrap();
    let json = |args: &[&str]| serde_json::from_str::<serde_json::Value>(&world.ok(args)).unwrap();
    wait("the nodes to see their funds", || {
        let funded = |args| json(args)["onchain_spendable_sat"].as_u64().unwrap() > 900_000;
        funded(&["node", "balances", "--json"]) && funded(&["node", "--vendor", "balances", "--json"])
    });
    let peer = world.ok(&["node", "--vendor", "id"]);
    world.ok(&["node", "open", peer.trim(), "500000"]);
    let mempool = || tokio::task::block_in_place(|| Handle::current().block_on(world.chain.mempool())).unwrap();
    wait("the channel's funding", || !mempool().is_empty());
    world.chain.mine(6).await.unwrap();
    wait("the channel to be usable", || json(&["node", "channels", "--json"])[0]["usable"] == true);

    let suggested = world.ok(&["treasury"]);
    assert!(suggested.contains("`anytill node --vendor invoice 39800` gives INVOICE"), "{suggested}");
    let invoice = world.ok(&["node", "--vendor", "invoice", "39800"]);
    let pay = ["node", "pay", invoice.trim(), "--max-fee-sat", "200"];
    wait("the payment to arrive", || world.ok(&pay).contains("paid: 39800000 msat and a fee of 0 msat"));
    let vendor_sends = || {
        let shown = json(&["treasury", "--json"]);
        let rows = shown["places"].as_array().unwrap();
        rows.iter().find(|row| row["what"] == "vendor_sends").unwrap()["amount"].as_i64().unwrap()
    };
    // Less the channel's reserve, a hundredth of it.
    wait("the vendor node to have it", || vendor_sends() == 34_800_000);
    assert!(world.ok(&pay).contains("paid: 39800000 msat"));
    assert_eq!(vendor_sends(), 34_800_000, "the same invoice was paid twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_together_is_refused() {
    let world = World::new().await;
    let again = world.refused(&["init", "--yes"]);
    assert!(again.contains("there is a server already") && again.contains("nothing was changed"), "{again}");
    let server = world.serve();
    server.signal(Signal::INT);
    assert_eq!(server.ended(), Some(0), "{}", world.log());

    let seed = world.data().join("seed.words");
    let words = std::fs::read_to_string(&seed).unwrap();
    let others = ["abandon"; 23].join(" ") + " art";
    std::fs::write(&seed, &others).unwrap();
    let refused = world.refused(&["serve"]);
    assert!(refused.contains("seed words are not this node's") && !refused.contains("abandon"), "{refused}");
    assert!(world.refused(&["doctor"]).contains("WRONG   seed words"));
    std::fs::write(&seed, "abandon abandon").unwrap();
    let refused = world.refused(&["serve"]);
    assert!(refused.contains("node.seed") && !refused.contains("abandon"), "{refused}");
    std::fs::write(&seed, &words).unwrap();

    let database = world.data().join("anytill.sqlite");
    let whole = std::fs::read(&database).unwrap();
    patch(&database, USER_VERSION, &9_999u32.to_be_bytes());
    let newer = world.refused(&["serve"]);
    assert!(newer.contains("newer Anytill") && newer.contains("nothing was changed"), "{newer}");
    std::fs::write(&database, &whole[..whole.len() / 2]).unwrap();
    let damaged = world.refused(&["serve"]);
    assert!(damaged.contains("damaged") && damaged.contains("backup"), "{damaged}");
    std::fs::remove_file(&database).unwrap();
    assert!(world.refused(&["serve"]).contains("there is no database"));
    std::fs::write(&database, &whole).unwrap();

    // Killed without a word: the socket's file stays, and is no hindrance.
    let server = world.serve();
    server.signal(Signal::KILL);
    drop(server);
    assert!(world.data().join("admin.sock").exists());
    assert!(world.ok(&["parked", "list"]).contains("nothing is parked"));
    drop(world.serve());
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_closed_to_others() {
    let world = World::new().await;
    let server = world.serve();
    let pid = server.ready["pid"].as_u64().unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    let log = said(&world.run(&["doctor"])) + &world.log();
    for secret in [world.issuer.api_key(), world.issuer.asa_secret(), world.exchange.api_secret().to_owned()] {
        assert!(!log.contains(&secret), "a secret is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_can_read_is_told_at_the_start() {
    let world = World::new().await;
    let seed = world.data().join("seed.words");
    let told = |log: String| {
        let lines = log.lines().filter(|line| line.contains("others can read"));
        lines.map(|line| (line.contains("WARN"), line.contains(seed.to_str().unwrap()))).collect::<Vec<_>>()
    };
    for (mode, expected) in [(0o640, vec![(true, true)]), (0o600, vec![])] {
        std::fs::set_permissions(&seed, std::fs::Permissions::from_mode(mode)).unwrap();
        let server = world.serve();
        assert_eq!(told(world.log()), expected, "{mode:o} {}", world.log());
        server.signal(Signal::TERM);
        assert_eq!(server.ended(), Some(0), "{}", world.log());
    }
}
