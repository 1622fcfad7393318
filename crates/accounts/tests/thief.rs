//! A stolen token: what it can do to refunds, and what it cannot.

mod support;

use accounts::{AccountError, Authenticated, Session};
use futures::executor::block_on;
use support::{DAY_MS, PASSWORD, World, open_world, secret};

/// An owner with a destination, and a thief with the token of one of the owner's devices.
async fn scene(world: &World) -> (Session, Authenticated, Authenticated) {
    let owner = world.register("ada", None).await.unwrap().session;
    let stolen = world.log_in("ada", PASSWORD).await.unwrap();
    let (who, thief) = (world.who(&owner).await, world.who(&stolen).await);
    let set = world.accounts.set_refund_destination(&who, world.to("ada@example.com"), &owner.proof).await.unwrap();
    assert_eq!((set.in_force(), set.waiting()), (Some(&world.to("ada@example.com")), None));
    (stolen, who, thief)
}

/// Where a refund of a purchase paid at this moment would go, then and ever after.
async fn goes_to_owner(world: &World, who: &Authenticated) {
    let paid_at = world.now();
    for wait_ms in [0, DAY_MS, 30 * DAY_MS] {
        world.clock.move_ms(wait_ms);
        let setting = world.accounts.refund_setting(who.account).await.unwrap();
        assert_eq!(setting.in_force(), Some(&world.to("ada@example.com")));
        assert_eq!(setting.for_purchase_paid_at(paid_at), Some(&world.to("ada@example.com")));
    }
}

#[test]
fn a_token_does_not_help_to_guess_the_password() {
    block_on(async {
        let world = open_world();
        let (_, who, thief) = scene(&world).await;
        let mut guesses = 0;
        // A day of guessing, one guess a minute.
        for _ in 0..24 * 60 {
            match world.prove(&thief, "a guessed password").await {
                Err(AccountError::BadCredentials) => guesses += 1,
                Err(AccountError::TooManyAttempts { .. }) => {}
                other => panic!("{:?}", other.map(|_| "guessed")),
            }
            world.clock.move_ms(60_000);
        }
        assert!(guesses < 110, "{guesses} guesses in a day");
        // The owner logs in meanwhile as if nothing had been, and throws the thief out.
        let owner = world.log_in("ada", PASSWORD).await.unwrap();
        assert!(world.accounts.revoke_device(owner.account, thief.device).await.unwrap());
        goes_to_owner(&world, &who).await;
    });
}

#[test]
fn somebody_elses_or_an_old_password_is_no_proof() {
    block_on(async {
        let world = open_world();
        let (_, who, thief) = scene(&world).await;
        let own = world.register("mallory", None).await.unwrap().session;
        let other = world.to("thief@example.com");
        let refused = world.accounts.set_refund_destination(&thief, other.clone(), &own.proof).await;
        assert_eq!(refused, Err(AccountError::PasswordNeeded));
        let old = world.prove(&who, PASSWORD).await.unwrap();
        world.clock.move_ms(5 * 60_000);
        let refused = world.accounts.set_refund_destination(&thief, other, &old).await;
        assert_eq!(refused, Err(AccountError::PasswordNeeded));
        goes_to_owner(&world, &who).await;
    });
}

#[test]
fn with_the_password_too_it_waits_in_plain_sight() {
    block_on(async {
        let world = open_world();
        let (_, who, thief) = scene(&world).await;
        let other = world.to("thief@example.com");
        let proof = world.prove(&thief, PASSWORD).await.unwrap();
        let asked = world.accounts.set_refund_destination(&thief, other.clone(), &proof).await.unwrap();
        assert_eq!(asked.in_force(), Some(&world.to("ada@example.com")));
        // Every device sees what, when and from where.
        world.clock.move_ms(72 * 60 * 60_000 - 1);
        let seen = world.accounts.refund_setting(who.account).await.unwrap();
        let waiting = seen.waiting().expect("it waits");
        assert_eq!((&waiting.destination, waiting.asked_by), (&other, thief.device));
        assert_eq!(waiting.in_force_at_ms, world.now().plus_ms(1));
        assert_eq!(seen.in_force(), Some(&world.to("ada@example.com")));
        // And any of them calls it off.
        assert_eq!(world.accounts.cancel_refund_change(&who).await, Ok(true));
        goes_to_owner(&world, &who).await;
    });
}

#[test]
fn recovery_calls_off_what_waits() {
    block_on(async {
        let world = open_world();
        let registered = world.register("ada", None).await.unwrap();
        let who = world.who(&registered.session).await;
        world
            .accounts
            .set_refund_destination(&who, world.to("ada@example.com"), &registered.session.proof)
            .await
            .unwrap();
        let thief = world.log_in("ada", PASSWORD).await.unwrap();
        let thief_who = world.who(&thief).await;
        let other = world.to("thief@example.com");
        let asked = world.accounts.set_refund_destination(&thief_who, other, &thief.proof).await.unwrap();
        assert!(asked.waiting().is_some());
        let recovery_code = registered.recovery_code.expose();
        let work = world.accounts.begin_recovery("ada", recovery_code, secret("another good password")).await.unwrap();
        world.accounts.finish_recovery(work.run()).await.unwrap();
        assert!(world.accounts.authenticate(thief.token.expose()).await.is_err());
        goes_to_owner(&world, &who).await;
    });
}

/// There is nothing to call without a proof; what a thief can hand in as one is none.
#[test]
fn where_none_was_set_a_token_sets_none() {
    block_on(async {
        let world = open_world();
        let owner = world.register("ada", None).await.unwrap().session;
        let stolen = world.log_in("ada", PASSWORD).await.unwrap();
        let (who, thief) = (world.who(&owner).await, world.who(&stolen).await);
        let own = world.register("mallory", None).await.unwrap().session;
        let old = world.prove(&who, PASSWORD).await.unwrap();
        world.clock.move_ms(5 * 60_000);
        for proof in [own.proof, old] {
            let refused = world.accounts.set_refund_destination(&thief, world.to("thief@example.com"), &proof).await;
            assert_eq!(refused, Err(AccountError::PasswordNeeded));
        }
        assert_eq!(world.accounts.cancel_refund_change(&thief).await, Ok(false));
        // Now or later there is none, neither for what is owed nor for what will be.
        for wait_ms in [0, 100 * DAY_MS] {
            world.clock.move_ms(wait_ms);
            let setting = world.accounts.refund_setting(who.account).await.unwrap();
            assert_eq!((setting.in_force(), setting.waiting()), (None, None));
            assert_eq!(setting.for_purchase_paid_at(world.now()), None);
        }
    });
}

#[test]
fn the_first_one_with_the_password_is_good_for_what_is_owed() {
    block_on(async {
        let world = open_world();
        let paid_at = world.now();
        world.clock.move_ms(1_000);
        let session = world.register("ada", None).await.unwrap().session;
        let who = world.who(&session).await;
        let ada = world.to("ada@example.com");
        let set = world.accounts.set_refund_destination(&who, ada.clone(), &session.proof).await.unwrap();
        assert_eq!(set.for_purchase_paid_at(paid_at), Some(&ada));
    });
}

#[test]
fn local_addresses_are_refused_on_a_public_server() {
    block_on(async {
        let world = open_world();
        let session = world.register("ada", None).await.unwrap().session;
        let who = world.who(&session).await;
        assert!(world.accounts.read_lightning_address("ada@127.0.0.1:80").is_err());
        // Nor by way of JSON, which takes either.
        let json = "{\"kind\":\"lightning_address\",\"address\":\"ada@127.0.0.1:80\"}";
        let local = serde_json::from_str(json).unwrap();
        let refused = world.accounts.set_refund_destination(&who, local, &session.proof).await;
        assert_eq!(refused.map_err(|error| error.code()), Err("invalid_input"));
    });
}
