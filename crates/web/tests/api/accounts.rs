//! Shoppers, devices, addresses, destinations.

use crate::setup::{Options, PASSWORD, Server, with};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

fn registration(login: &str) -> Value {
    json!({ "login": login, "password": PASSWORD, "device_name": "laptop" })
}

#[tokio::test]
async fn registration_is_by_invitation() {
    let mut options = Options::default();
    options.rules.open_registration = false;
    let server = Server::with(options).await;
    let body = registration("ada");
    assert_eq!(server.post("/v1/register", &body).await.problem(), (403, "invitation_needed".to_owned()));
    let wrong = with(&body, "invitation", json!("00000-00000-00000-00000-00000"));
    assert_eq!(server.post("/v1/register", &wrong).await.problem(), (403, "invitation_invalid".to_owned()));
    let invitation = server.accounts.create_invitation(86_400_000).await.unwrap();
    let invited = with(&body, "invitation", json!(invitation.code.expose()));
    let answer = server.post("/v1/register", &invited).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(answer.json()["recovery_code"].is_string());
    let second = with(&invited, "login", json!("eve"));
    assert_eq!(server.post("/v1/register", &second).await.problem(), (403, "invitation_invalid".to_owned()));
}

#[tokio::test]
async fn registrations_that_are_refused() {
    let server = Server::start().await;
    server.shopper("ada").await;
    for (status, code, body) in [
        (409, "login_taken", registration("ADA")),
        (422, "invalid_input", registration("a")),
        (422, "invalid_input", registration("a b c")),
        (422, "invalid_input", with(&registration("eve"), "password", json!("short"))),
        (422, "invalid_input", with(&registration("eve"), "device_name", json!(""))),
        (422, "invalid_body", with(&registration("eve"), "admin", json!(true))),
        (422, "invalid_body", json!({ "login": "eve" })),
    ] {
        let answer = server.post("/v1/register", &body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn log_in_and_log_out() {
    let server = Server::start().await;
    let first = server.shopper("ada").await;
    let wrong = json!({ "login": "ada", "password": "not that one", "device_name": "d" });
    assert_eq!(server.post("/v1/login", &wrong).await.problem(), (401, "bad_credentials".to_owned()));
    let nobody = with(&wrong, "login", json!("nobody"));
    assert_eq!(server.post("/v1/login", &nobody).await.problem(), (401, "bad_credentials".to_owned()));
    let second = server.log_in("ada").await;
    let devices = second.get("/v1/devices").await.ok();
    let names: Vec<_> =
        devices["devices"].as_array().unwrap().iter().map(|d| (d["name"].clone(), d["this"].clone())).collect();
    assert_eq!(names, [(json!("first"), json!(false)), (json!("second"), json!(true))]);
    assert!(!devices.to_string().contains(&second.token));
    assert_eq!(second.post("/v1/logout", "", &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(second.get("/v1/devices").await.problem(), (401, "token_invalid".to_owned()));
    first.get("/v1/devices").await.ok();
}

#[tokio::test]
async fn a_device_is_revoked_from_another() {
    let server = Server::start().await;
    let (first, eve) = (server.shopper("ada").await, server.shopper("eve").await);
    let second = server.log_in("ada").await;
    let lost = second.get("/v1/devices").await.ok()["devices"][1]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/devices/{lost}");
    assert_eq!(eve.call(Method::DELETE, &path, "k", &Value::Null).await.problem(), (404, "not_found".to_owned()));
    second.get("/v1/devices").await.ok();
    assert_eq!(first.call(Method::DELETE, &path, "k", &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(first.call(Method::DELETE, &path, "k", &Value::Null).await.status, StatusCode::NO_CONTENT, "replayed");
    assert_eq!(second.get("/v1/devices").await.problem(), (401, "token_invalid".to_owned()));
    assert_eq!(first.get("/v1/devices").await.ok()["devices"][1]["live"], false);
}

#[tokio::test]
async fn the_recovery_code_sets_a_password_and_ends_every_token() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let new = "another horse battery";
    let body = json!({ "login": "ada", "recovery_code": "00000-00000-00000-00000-00000", "new_password": new });
    assert_eq!(server.post("/v1/recover", &body).await.problem(), (401, "bad_credentials".to_owned()));
    let body = with(&body, "recovery_code", ada.recovery.clone());
    let recovered = server.post("/v1/recover", &body).await.ok();
    assert_eq!(recovered["devices_revoked"], 1);
    assert_ne!(recovered["recovery_code"], ada.recovery);
    assert_eq!(ada.get("/v1/devices").await.problem().0, 401);
    let old = json!({ "login": "ada", "password": PASSWORD, "device_name": "d" });
    assert_eq!(server.post("/v1/login", &old).await.problem().1, "bad_credentials");
    server.post("/v1/login", &with(&old, "password", json!(new))).await.ok();
    assert_eq!(server.post("/v1/recover", &body).await.problem().1, "bad_credentials", "used up");
}

#[tokio::test]
async fn a_lost_recovery_code_is_replaced_with_the_password() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let path = "/v1/account/recovery-code";
    assert_eq!(ada.post(path, "", &json!({ "password": "not that one" })).await.problem().1, "wrong_password");
    let code = ada.post(path, "", &json!({ "password": PASSWORD })).await.ok()["recovery_code"].clone();
    let body = json!({ "login": "ada", "recovery_code": code, "new_password": "another horse battery" });
    server.post("/v1/recover", &body).await.ok();
}

#[tokio::test]
async fn the_billing_address_is_checked() {
    let mut options = Options::default();
    options.policy.blocked_countries.insert("KP".to_owned());
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let path = "/v1/account/billing-address";
    assert_eq!(ada.get(path).await.problem(), (404, "not_found".to_owned()));
    let address = json!({
        "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "New York", "region": "ny",
        "postal_code": "10001", "country": "US",
    });
    let put = async |key: &str, body: &Value| ada.call(Method::PUT, path, key, body).await;
    for (code, body) in [
        ("country_invalid", with(&address, "country", json!("usa"))),
        ("country_not_served", with(&address, "country", json!("KP"))),
        ("invalid_input", with(&address, "postal_code", json!("1"))),
        ("invalid_input", with(&address, "name", json!(""))),
        ("invalid_body", with(&address, "planet", json!("earth"))),
    ] {
        assert_eq!(put("a0", &body).await.problem(), (422, code.to_owned()), "{body}");
    }
    assert_eq!(put("a1", &address).await.ok()["region"], "NY");
    assert_eq!(ada.get(path).await.ok()["name"], "Ada Lovelace");
    // The country on file is asked again when something is bought.
    ada.buy("k1").await;
}

#[tokio::test]
async fn a_stolen_token_does_not_change_the_refund_destination() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let thief = server.log_in("ada").await;
    let path = "/v1/account/refund-destination";
    let first = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    ada.call(Method::PUT, path, "d1", &first).await.ok();
    let other = json!({ "lightning_address": "thief@wallet.example" });
    let put = thief.call(Method::PUT, path, "d2", &other).await;
    assert_eq!(put.problem(), (403, "password_needed".to_owned()));
    // With the password too: it waits, and the shopper sees it and calls it off.
    let proven = with(&other, "password", json!(PASSWORD));
    let setting = thief.call(Method::PUT, path, "d3", &proven).await.ok();
    assert_eq!(setting["in_force"], "ada@wallet.example");
    assert_eq!(setting["waiting"]["lightning_address"], "thief@wallet.example");
    let seen = ada.get(path).await.ok();
    assert_eq!(seen["waiting"]["asked_by"], thief.get("/v1/devices").await.ok()["devices"][1]["id"]);
    let cancelled = ada.call(Method::DELETE, &format!("{path}/waiting"), "d4", &Value::Null).await.ok();
    assert_eq!((&cancelled["in_force"], &cancelled["waiting"]), (&json!("ada@wallet.example"), &Value::Null));
    // Uncancelled, it is in force when its time has come.
    ada.call(Method::PUT, path, "d5", &proven).await.ok();
    server.clock.advance_ms(73 * 3_600_000);
    assert_eq!(ada.get(path).await.ok()["in_force"], "thief@wallet.example");
}

#[tokio::test]
async fn passwords_are_in_no_answer_and_no_record() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let body = json!({ "lightning_address": "ada@wallet.example", "password": PASSWORD });
    let answer = ada.call(Method::PUT, "/v1/account/refund-destination", "d1", &body).await;
    assert!(!answer.text.contains(PASSWORD));
    for entry in std::fs::read_dir(server.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [PASSWORD, ada.token.as_str(), ada.recovery.as_str().unwrap()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
