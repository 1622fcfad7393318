//! Registration, log-in, tokens, recovery, invitations, addresses.

mod support;

use accounts::{
    AccountError, AccountRules, AddressParts, BillingAddress, Country, HashCost, Hasher, LogInWork, RecoveryWork,
    ThrottleRules,
};
use futures::executor::block_on;
use ids::DeviceId;
use rand::{SeedableRng, rngs::StdRng};
use std::time::{Duration, Instant};
use support::{DAY_MS, PASSWORD, open_rules, open_world, secret, world, world_with};

fn code<T>(result: Result<T, AccountError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn registered_and_logged_in() {
    block_on(async {
        let world = open_world();
        let registered = world.register(" Ada@Example.com ", None).await.unwrap();
        let who = world.who(&registered.session).await;
        assert_eq!((who.account, who.device), (registered.session.account, registered.session.device));
        assert_eq!(code(world.register("ada@example.COM", None).await), "login_taken");
        let session = world.log_in("ADA@example.com", PASSWORD).await.unwrap();
        assert_ne!(session.token.expose(), registered.session.token.expose());
        assert_eq!(world.who(&session).await.account, who.account);
        assert_eq!(world.accounts.created_at(who.account).await, Ok(world.now()));
        for (login, password) in [("ada@example.com", "correct horse batterz"), ("grace", PASSWORD), ("", "")] {
            assert_eq!(code(world.log_in(login, password).await), "bad_credentials");
        }
        let long = "x".repeat(100_000);
        assert_eq!(code(world.log_in("ada@example.com", &long).await), "bad_credentials");
        assert_eq!(code(world.log_in(&long, PASSWORD).await), "bad_credentials");
    });
}

#[test]
fn bad_input_is_told() {
    block_on(async {
        let world = open_world();
        let begin = async |login: &str, password: &str| {
            code(world.accounts.begin_registration(login, secret(password), None).await)
        };
        assert_eq!(begin("ab", PASSWORD).await, "invalid_input");
        assert_eq!(begin("ada", "short").await, "invalid_input");
        let work = world.accounts.begin_registration("ada", secret(PASSWORD), None).await.unwrap();
        let finished = world.accounts.finish_registration(work.run(), "\n").await;
        assert_eq!(code(finished), "invalid_input");
        assert_eq!(begin("ada", PASSWORD).await, "ok", "nothing was registered");
    });
}

#[test]
fn nothing_secret_is_stored() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let tables = world.store.0.lock().unwrap();
        let (account, device) = (&tables.accounts[0], &tables.devices[0]);
        let token = registered.session.token.expose();
        let code = registered.recovery_code.expose();
        for stored in [&account.password_hash, &account.recovery_hash, &account.profile, &device.name] {
            for part in [PASSWORD, token, &token[4..], code, &code.replace('-', "")] {
                assert!(!stored.contains(part));
            }
        }
        assert!(account.password_hash.starts_with("$argon2id$") && account.recovery_hash.starts_with("$argon2id$"));
    });
}

#[test]
fn invitations_are_for_one() {
    block_on(async {
        let world = world(AccountRules::default());
        assert_eq!(code(world.register("ada", None).await), "invitation_needed");
        assert_eq!(code(world.register("ada", Some("XXXXX-XXXXX-XXXXX-XXXXX-XXXXX")).await), "invitation_invalid");
        assert_eq!(code(world.register("ada", Some("not a code")).await), "invitation_invalid");
        let invitation = world.accounts.create_invitation(DAY_MS).await.unwrap();
        assert_eq!(invitation.expires_at, world.now().plus_ms(DAY_MS));
        let typed = invitation.code.expose().to_lowercase().replace('-', " ");
        world.register("ada", Some(&typed)).await.unwrap();
        assert_eq!(code(world.register("grace", Some(invitation.code.expose())).await), "invitation_invalid");
        // Two who begin with the same one: one of them finishes.
        let shared = world.accounts.create_invitation(DAY_MS).await.unwrap();
        let begin = async |login| {
            world.accounts.begin_registration(login, secret(PASSWORD), Some(shared.code.expose())).await.unwrap().run()
        };
        let (one, two) = (begin("grace").await, begin("joan").await);
        assert_eq!(code(world.accounts.finish_registration(one, "a").await), "ok");
        assert_eq!(code(world.accounts.finish_registration(two, "a").await), "invitation_invalid");
        let late = world.accounts.create_invitation(DAY_MS).await.unwrap();
        world.clock.move_ms(DAY_MS);
        assert_eq!(code(world.register("mary", Some(late.code.expose())).await), "invitation_invalid");
        // Whether a login is taken is not told to who may not register.
        assert_eq!(code(world.register("ada", Some(late.code.expose())).await), "invitation_invalid");
        for life_ms in [0, 401 * DAY_MS] {
            assert_eq!(code(world.accounts.create_invitation(life_ms).await), "invalid_input");
        }
    });
}

#[test]
fn tokens_expire_and_are_revoked() {
    block_on(async {
        let world = open_world();
        let ada = world.register("ada", None).await.unwrap().session;
        let phone = world.log_in("ada", PASSWORD).await.unwrap();
        let grace = world.register("grace", None).await.unwrap().session;
        for token in ["", "atd_", "Bearer x", &format!("atd_{}", "A".repeat(43)), &ada.token.expose()[4..]] {
            assert_eq!(code(world.accounts.authenticate(token).await), "token_invalid");
        }
        // Only one's own.
        assert_eq!(world.accounts.revoke_device(ada.account, grace.device).await, Ok(false));
        assert!(world.works(&grace).await);
        assert_eq!(world.accounts.revoke_device(ada.account, phone.device).await, Ok(true));
        assert_eq!(world.accounts.revoke_device(ada.account, phone.device).await, Ok(false));
        assert_eq!(code(world.accounts.authenticate(phone.token.expose()).await), "token_invalid");
        assert!(world.works(&ada).await);
        world.clock.move_ms(90 * DAY_MS - 1);
        assert!(world.works(&ada).await);
        world.clock.move_ms(1);
        assert_eq!(code(world.accounts.authenticate(ada.token.expose()).await), "token_expired");
        let late = world.log_in("ada", PASSWORD).await.unwrap();
        let devices = world.accounts.devices(ada.account).await.unwrap();
        let live: Vec<_> = devices.iter().map(|device| (device.name.as_str(), device.live)).collect();
        assert_eq!(live, [("laptop", false), ("phone", false), ("phone", true)]);
        assert_eq!(world.accounts.revoke_all_devices(ada.account).await, Ok(2));
        assert!(!world.works(&late).await);
    });
}

#[test]
fn last_use_is_written_down_now_and_then() {
    block_on(async {
        let world = open_world();
        let ada = world.register("ada", None).await.unwrap().session;
        let start = world.now();
        let seen = async || world.accounts.devices(ada.account).await.unwrap()[0].last_seen_at;
        world.clock.move_ms(60_000);
        world.who(&ada).await;
        assert_eq!(seen().await, start);
        world.clock.move_ms(60 * 60_000);
        world.who(&ada).await;
        assert_eq!(seen().await, world.now());
    });
}

#[test]
fn guessing_is_slow_and_tells_nothing() {
    block_on(async {
        let world = open_world();
        let ada = world.register("ada", None).await.unwrap().session;
        for login in ["ada", "nobody"] {
            for _ in 0..5 {
                assert_eq!(code(world.log_in(login, "wrong password").await), "bad_credentials");
            }
            let refused = world.accounts.begin_log_in(login, secret(PASSWORD)).await;
            assert_eq!(refused.err(), Some(AccountError::TooManyAttempts { retry_after_ms: 30_000 }), "{login}");
        }
        // Who is logged in is not touched by it, and can prove the password.
        let who = world.who(&ada).await;
        assert_eq!(code(world.prove(&who, PASSWORD).await), "ok");
        world.clock.move_ms(30_000);
        world.log_in("ada", PASSWORD).await.unwrap();
        for _ in 0..4 {
            assert_eq!(code(world.log_in("ada", "wrong password").await), "bad_credentials");
        }
        world.log_in("ada", PASSWORD).await.unwrap();
    });
}

/// With a real cost. The fastest of several, so that a busy machine does not matter; a check that was left out would be
/// a thousand times as fast.
#[test]
fn a_login_that_does_not_exist_takes_as_long() {
    let mut rng = StdRng::seed_from_u64(7);
    let hasher = Hasher::new(HashCost::default(), &mut rng).unwrap();
    block_on(async {
        let rules = AccountRules { throttle: ThrottleRules { free: 100, ..ThrottleRules::default() }, ..open_rules() };
        let world = world_with(hasher, rules);
        let recovery_code = world.register("ada", None).await.unwrap().recovery_code;
        let fastest = async |login: &str, recovery: Option<&str>| {
            let mut best = Duration::MAX;
            for _ in 0..6 {
                let begun = match recovery {
                    None => Work::LogIn(world.accounts.begin_log_in(login, secret("wrong password")).await.unwrap()),
                    Some(code) => {
                        let work = world.accounts.begin_recovery(login, code, secret("another password")).await;
                        Work::Recovery(work.unwrap())
                    }
                };
                let start = Instant::now();
                begun.run();
                best = best.min(start.elapsed());
            }
            best
        };
        let known = fastest("ada", None).await;
        let wrong_code = "00000-00000-00000-00000-00000";
        for (login, code) in [
            ("nobody", None),
            ("", None),
            ("nobody", Some(recovery_code.expose())),
            ("ada", Some(wrong_code)),
            ("ada", Some("?")),
        ] {
            let other = fastest(login, code).await;
            assert!(other > known / 3 && other < known * 3, "{login} {other:?}, known {known:?}");
        }
    });
}

enum Work {
    LogIn(LogInWork),
    Recovery(RecoveryWork),
}

impl Work {
    fn run(self) {
        match self {
            Self::LogIn(work) => drop(work.run()),
            Self::Recovery(work) => drop(work.run()),
        }
    }
}

#[test]
fn many_guesses_at_once_are_not_free() {
    block_on(async {
        let world = open_world();
        world.register("ada", None).await.unwrap();
        let begun =
            futures::future::join_all((0..50).map(|_| world.accounts.begin_log_in("ada", secret("guess guess"))));
        assert_eq!(begun.await.iter().filter(|work| work.is_ok()).count(), 5);
    });
}

#[test]
fn recovered() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let phone = world.log_in("ada", PASSWORD).await.unwrap();
        let code_shown = registered.recovery_code.expose();
        let recover = async |login: &str, recovery_code: &str, password: &str| {
            let work = world.accounts.begin_recovery(login, recovery_code, secret(password)).await?;
            world.accounts.finish_recovery(work.run()).await
        };
        let new = "another good password";
        assert_eq!(code(recover("ada", "00000-00000-00000-00000-00000", new).await), "bad_credentials");
        assert_eq!(code(recover("ada", "not a code", new).await), "bad_credentials");
        assert_eq!(code(recover("nobody", code_shown, new).await), "bad_credentials");
        assert_eq!(code(recover("ada", code_shown, "short").await), "invalid_input");
        assert!(world.works(&phone).await);

        let recovered = recover("Ada", &code_shown.to_lowercase(), new).await.unwrap();
        assert_eq!((recovered.account, recovered.devices_revoked), (phone.account, 2));
        assert!(!world.works(&phone).await && !world.works(&registered.session).await);
        assert_eq!(code(world.log_in("ada", PASSWORD).await), "bad_credentials");
        // At the very same moment of the clock.
        let session = world.log_in("ada", new).await.unwrap();
        assert!(world.works(&session).await);
        assert_eq!(code(recover("ada", code_shown, PASSWORD).await), "bad_credentials");
        recover("ada", recovered.recovery_code.expose(), PASSWORD).await.unwrap();
        assert!(!world.works(&session).await);
        let last = world.log_in("ada", PASSWORD).await.unwrap();
        assert!(world.works(&last).await);
    });
}

#[test]
fn tokens_end_with_the_password_also_if_the_devices_are_not_marked() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let code_shown = registered.recovery_code.expose();
        let work = world.accounts.begin_recovery("ada", code_shown, secret("another good password")).await.unwrap();
        world.accounts.finish_recovery(work.run()).await.unwrap();
        // As after a crash between the two writes.
        for device in &mut world.store.0.lock().unwrap().devices {
            device.revoked_at = None;
        }
        assert!(!world.works(&registered.session).await);
        assert!(!world.accounts.devices(registered.session.account).await.unwrap()[0].live);
    });
}

#[test]
fn a_log_in_that_is_overtaken_by_a_recovery_fails() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let who = world.who(&registered.session).await;
        let old_proof = world.prove(&who, PASSWORD).await.unwrap();
        let checked = world.accounts.begin_log_in("ada", secret(PASSWORD)).await.unwrap().run();
        let code_shown = registered.recovery_code.expose();
        let two_at_once = [
            world.accounts.begin_recovery("ada", code_shown, secret("another good password")).await.unwrap().run(),
            world.accounts.begin_recovery("ada", code_shown, secret("the thief's password")).await.unwrap().run(),
        ];
        let [one, two] = two_at_once;
        world.clock.move_ms(5);
        world.accounts.finish_recovery(one).await.unwrap();
        assert_eq!(code(world.accounts.finish_recovery(two).await), "bad_credentials");
        world.clock.move_ms(5);
        assert_eq!(code(world.accounts.finish_log_in(checked, "late").await), "bad_credentials");
        let devices = world.accounts.devices(who.account).await.unwrap();
        assert!(devices.iter().all(|device| !device.live), "{devices:?}");
        // A proof of the old password proves nothing any more.
        let work = world.accounts.begin_new_recovery_code(who.account, old_proof);
        assert_eq!(code(world.accounts.finish_new_recovery_code(work.run()).await), "password_needed");
    });
}

#[test]
fn a_lost_recovery_code_is_replaced() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let who = world.who(&registered.session).await;
        let proof = world.prove(&who, PASSWORD).await.unwrap();
        let work = world.accounts.begin_new_recovery_code(who.account, proof);
        let new = world.accounts.finish_new_recovery_code(work.run()).await.unwrap();
        for (recovery_code, expected) in [(&registered.recovery_code, "bad_credentials"), (&new, "ok")] {
            let work = world.accounts.begin_recovery("ada", recovery_code.expose(), secret(PASSWORD)).await.unwrap();
            assert_eq!(code(world.accounts.finish_recovery(work.run()).await), expected);
        }
    });
}

#[test]
fn addresses_are_kept() {
    block_on(async {
        let world = open_world();
        let account = world.register("ada", None).await.unwrap().session.account;
        assert_eq!(world.accounts.billing_address(account).await, Ok(None));
        let parts = AddressParts {
            name: "Ada".into(),
            line1: "Bahnhofstrasse 1".into(),
            line2: None,
            city: "Z\u{fc}rich".into(),
            region: None,
            postal_code: Some("8001".into()),
            country: Country::parse("CH").unwrap(),
        };
        let address = BillingAddress::check(parts).unwrap();
        // Also if others write at the same time, up to a point.
        world.store.0.lock().unwrap().conflicts = 3;
        assert_eq!(world.accounts.set_billing_address(account, &address).await, Ok(()));
        assert_eq!(world.accounts.billing_address(account).await, Ok(Some(address.clone())));
        world.store.0.lock().unwrap().conflicts = 99;
        assert_eq!(code(world.accounts.set_billing_address(account, &address).await), "changed_meanwhile");
    });
}

#[test]
fn whoever_has_no_account_has_no_device() {
    block_on(async {
        let world = open_world();
        let session = world.register("ada", None).await.unwrap().session;
        world.store.0.lock().unwrap().accounts.clear();
        assert_eq!(code(world.accounts.authenticate(session.token.expose()).await), "token_invalid");
        assert_eq!(code(world.accounts.revoke_device(session.account, DeviceId([0; 16])).await), "ok");
        assert_eq!(code(world.accounts.devices(session.account).await), "token_invalid");
    });
}
