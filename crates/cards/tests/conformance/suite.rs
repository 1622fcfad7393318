//! All promises of the port as tests, the same for each vendor: `conformance_suite!(world)`, where `world()` makes one.

#[macro_export]
macro_rules! conformance_suite {
    ($world:path) => {
        #[tokio::test]
        async fn cards() {
            conformance::the_life_of_a_card(&$world().await).await;
            conformance::one_key_one_card(&$world().await).await;
            conformance::found_among_many(&$world().await, 120).await;
            let euros = money::Money::new(1, money::Currency::EUR).unwrap();
            conformance::other_currencies_do_not_leave(&$world().await, euros).await;
        }

        #[tokio::test]
        async fn charges() {
            conformance::decisions_reach_the_store(&$world().await).await;
            conformance::a_prepared_card_pays_nothing(&$world().await).await;
            conformance::an_increment_is_asked(&$world().await).await;
            conformance::a_store_with_its_own_currency(&$world().await).await;
            conformance::bad_questions_are_refused(&$world().await).await;
        }

        #[tokio::test]
        async fn money_moves() {
            conformance::captured_in_parts(&$world().await).await;
            conformance::captured_with_a_tip(&$world().await).await;
            conformance::let_go_and_taken_after_all(&$world().await).await;
            conformance::refunded_and_taken_back(&$world().await).await;
            conformance::forced_upon_a_card(&$world().await).await;
            conformance::disputes_are_told(&$world().await).await;
        }

        #[tokio::test]
        async fn events() {
            conformance::events_add_up(&$world().await).await;
            conformance::closing_is_told(&$world().await).await;
            conformance::nothing_shows_a_number(&$world().await).await;
        }

        #[tokio::test]
        async fn broken_webhooks() {
            conformance::webhooks_may_fail(&$world().await).await;
        }

        #[tokio::test]
        async fn lost_cards() {
            conformance::a_lost_card_is_found(&$world().await).await;
        }

        #[tokio::test]
        async fn broken_changes() {
            conformance::changes_of_a_card_are_repeated_safely(&$world().await).await;
        }

        #[tokio::test]
        async fn broken_reads() {
            conformance::reads_fail_as_what_they_are(&$world().await).await;
        }

        #[tokio::test]
        async fn nobody_there() {
            let world = $world().await;
            let (issuer, limit) = (world.shared_issuer(), conformance::World::money(&world, 100));
            drop(world);
            conformance::nobody_there(issuer.as_ref(), limit).await;
        }
    };
}
