//! What `doctor` can know of a Lithic account.

use super::{
    Lithic,
    calls::{ResponderCall, StatusCall, SubscriptionsCall},
};
use ports::{IssuerHealth, Outcome};

const TIMEOUT_NOTE: &str = "Lithic's API does not tell what becomes of an authorization that gets no answer in time; \
                            have Lithic confirm that it is declined, by stand-in processing too, and then set \
                            decline_on_timeout_confirmed";

impl Lithic {
    /// Never fails: what cannot be seen is said so.
    pub(super) async fn look_at_health(&self) -> IssuerHealth {
        let mut health = IssuerHealth::default();
        match self.run(&StatusCall).await {
            Outcome::Done(()) => health.reachable = true,
            other => {
                health.notes.push(format!("Lithic does not answer: {}", explain(&other)));
                return health;
            }
        }
        match self.run(&ResponderCall { config: &self.config }).await {
            Outcome::Done(enrolled) => self.judge_responder(enrolled.as_deref(), &mut health),
            other => health.notes.push(format!("the responder endpoint cannot be seen: {}", explain(&other))),
        }
        let page = |after| SubscriptionsCall { config: &self.config, after };
        match self.pages(page).await {
            Outcome::Done(urls) => self.judge_subscriptions(&urls, &mut health),
            other => health.notes.push(format!("event subscriptions cannot be seen: {}", explain(&other))),
        }
        if self.config.decline_on_timeout_confirmed {
            health.declines_on_timeout = Some(true);
        } else {
            health.notes.push(TIMEOUT_NOTE.to_owned());
        }
        health
    }

    fn judge_responder(&self, enrolled: Option<&str>, health: &mut IssuerHealth) {
        let wanted = self.config.authorization_url.as_deref();
        health.webhook_registered = match (enrolled, wanted) {
            (None, _) => {
                health.notes.push("no endpoint is enrolled for Auth Stream Access".to_owned());
                Some(false)
            }
            (Some(url), Some(wanted)) if url != wanted => {
                health.notes.push(format!("authorization requests go to {url}, not to {wanted}"));
                Some(false)
            }
            (Some(_), Some(_)) => Some(true),
            (Some(url), None) => {
                health.notes.push(format!("authorization requests go to {url}; whether that is here is not known"));
                None
            }
        };
    }

    fn judge_subscriptions(&self, urls: &[String], health: &mut IssuerHealth) {
        let good = match self.config.events_url.as_deref() {
            Some(wanted) => urls.iter().any(|url| url == wanted),
            None => !urls.is_empty(),
        };
        if !good {
            health.notes.push("no active event subscription sends card transactions here".to_owned());
        }
    }
}

fn explain<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Done(_) => "done".to_owned(),
        Outcome::Rejected(rejection) => format!("{}: {}", rejection.code, rejection.message),
        Outcome::NotSent(why) | Outcome::Unknown(why) => why.clone(),
    }
}
