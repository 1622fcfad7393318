//! Register and log in with a wallet's key.

use crate::lnurl::path_of;
use crate::refunds::voided;
use crate::setup::{Options, PASSWORD, Server, Shopper};
use axum::http::StatusCode;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use serde_json::{Value, json};

/// A wallet with its key for this server.
struct Wallet(SecretKey);

impl Wallet {
    fn new(seed: u8) -> Self {
        Self(SecretKey::from_slice(&[seed; 32]).unwrap())
    }

    /// LUD-04: signs `k1` and adds signature and key to the address.
    fn sign(&self, path: &str) -> String {
        let k1 = path.split("k1=").nth(1).unwrap().split('&').next().unwrap();
        let digest: [u8; 32] = hex::decode(k1).unwrap().try_into().unwrap();
        let secp = Secp256k1::new();
        let sig = secp.sign_ecdsa(&Message::from_digest(digest), &self.0).serialize_der();
        let key = PublicKey::from_secret_key(&secp, &self.0);
        format!("{path}&sig={}&key={key}", hex::encode(sig))
    }
}

async fn begin(server: &Server, action: &str) -> (String, Value) {
    let begun = server.post("/v1/wallet-login", &json!({ "action": action })).await.ok();
    let path = path_of(begun["lnurl"].as_str().unwrap());
    assert!(path.starts_with("/lnurl/auth?tag=login&k1=") && path.ends_with(&format!("&action={action}")), "{path}");
    let finish = json!({ "session": begun["session"], "device_name": "first", "invitation": null });
    (path, finish)
}

async fn ask(server: &Server, path: &str) -> Value {
    let answer = server.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

const FINISH: &str = "/v1/wallet-login/finish";

#[tokio::test]
async fn a_wallet_registers_and_logs_in_again() {
    let server = Server::start().await;
    let (wallet, other) = (Wallet::new(7), Wallet::new(8));
    let (path, finish) = begin(&server, "register").await;
    assert_eq!(server.post(FINISH, &finish).await.problem(), (409, "not_ready".to_owned()));
    assert_eq!(ask(&server, &wallet.sign(&path)).await, json!({ "status": "OK" }));
    assert_eq!(ask(&server, &wallet.sign(&path)).await, json!({ "status": "OK" }), "the wallet says it again");
    assert_eq!(ask(&server, &other.sign(&path)).await["status"], "ERROR", "another wallet is too late");
    let registered = server.post(FINISH, &finish).await.ok();
    let login = registered["login"].as_str().unwrap().to_owned();
    assert!(login.starts_with("wallet-") && registered["recovery_code"].is_string(), "{registered}");
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "not_found", "once");
    assert_eq!(ask(&server, &wallet.sign(&path)).await["status"], "ERROR", "used up");

    server.clock.advance_ms(1);
    let (path, finish) = begin(&server, "login").await;
    ask(&server, &wallet.sign(&path)).await;
    let again = server.post(FINISH, &finish).await.ok();
    assert_eq!((&again["account"], &again["login"]), (&registered["account"], &json!(login)));
    assert_eq!(again["recovery_code"], Value::Null);
    // A key that nobody has registered; and one that is registered already.
    let (path, finish) = begin(&server, "login").await;
    ask(&server, &other.sign(&path)).await;
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "bad_credentials");
    let (path, finish) = begin(&server, "register").await;
    ask(&server, &wallet.sign(&path)).await;
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "login_taken");
}

#[tokio::test]
async fn what_is_not_signed_logs_nobody_in() {
    let server = Server::start().await;
    let wallet = Wallet::new(7);
    let (path, finish) = begin(&server, "register").await;
    let good = wallet.sign(&path);
    let (_, sig) = good.split_once("&sig=").unwrap();
    let (unknown, _) = begin(&server, "register").await;
    for bad in [
        path.clone(),
        format!("{unknown}&sig={sig}"),
        good.replace("&key=02", "&key=03").replace("&key=03", "&key=04"),
        format!("{path}&sig=00&key=02{}", "11".repeat(32)),
        format!("/lnurl/auth?k1=zz&sig={sig}"),
        format!("/lnurl/auth?sig={sig}"),
    ] {
        assert_eq!(ask(&server, &bad).await["status"], "ERROR", "{bad}");
    }
    // Signed well, and never asked for by us.
    let own = wallet.sign(&format!("/lnurl/auth?tag=login&k1={}", "ab".repeat(32)));
    assert_eq!(ask(&server, &own).await["status"], "ERROR");
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "not_ready");
    let stranger = json!({ "session": "00".repeat(32), "device_name": "x", "invitation": null });
    assert_eq!(server.post(FINISH, &stranger).await.problem().1, "not_found");
    server.clock.advance_ms(5 * 60_000);
    assert_eq!(ask(&server, &good).await["status"], "ERROR", "too late");
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "not_found");
}

#[tokio::test]
async fn invitations_count_for_wallets_too_and_a_bad_one_can_be_mended() {
    let mut options = Options::default();
    options.rules.open_registration = false;
    let server = Server::with(options).await;
    let wallet = Wallet::new(7);
    let (path, mut finish) = begin(&server, "register").await;
    ask(&server, &wallet.sign(&path)).await;
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "invitation_needed");
    finish["invitation"] = json!("AAAA-BBBB-CCCC-DDDD");
    assert_eq!(server.post(FINISH, &finish).await.problem().1, "invitation_invalid");
    let invitation = server.accounts.create_invitation(86_400_000).await.unwrap();
    finish["invitation"] = json!(invitation.code.expose());
    assert!(server.post(FINISH, &finish).await.ok()["token"].is_string());
}

/// Such an account has no password: what needs one waits until the recovery code has set it.
#[tokio::test]
async fn a_wallets_account_gets_a_password_by_its_recovery_code() {
    let server = Server::start().await;
    let wallet = Wallet::new(7);
    let (path, finish) = begin(&server, "register").await;
    ask(&server, &wallet.sign(&path)).await;
    let registered = server.post(FINISH, &finish).await.ok();
    let token = registered["token"].as_str().unwrap().to_owned();
    let ada = Shopper { server: &server, token, recovery: registered["recovery_code"].clone() };
    let refund = voided(&server, &ada).await;
    let link = format!("/v1/refunds/{}/link", refund["id"].as_str().unwrap());
    assert_eq!(ada.post(&link, "", &json!({ "password": PASSWORD })).await.problem().1, "wrong_password");
    let login = &registered["login"];
    let recover = json!({ "login": login, "recovery_code": ada.recovery, "new_password": PASSWORD });
    server.post("/v1/recover", &recover).await.ok();
    server.clock.advance_ms(1);
    let (path, finish) = begin(&server, "login").await;
    ask(&server, &wallet.sign(&path)).await;
    let again = server.post(FINISH, &finish).await.ok();
    let ada = Shopper { server: &server, token: again["token"].as_str().unwrap().to_owned(), recovery: Value::Null };
    assert!(ada.post(&link, "", &json!({ "password": PASSWORD })).await.ok()["lnurl"].is_string());
    // Nobody else takes a login of that form.
    let body = json!({ "login": "wallet-0011", "password": PASSWORD, "device_name": "x" });
    assert_eq!(server.post("/v1/register", &body).await.problem().1, "invalid_input");
}
