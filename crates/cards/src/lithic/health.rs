//! What `doctor` can know of a Lithic account.

use super::{
    Lithic,
    calls::{Responder, ResponderCall, StatusCall, SubscriptionsCall},
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
        let responder = |of| ResponderCall { config: &self.config, of };
        match self.run(&responder(Responder::Authorizations)).await {
            Outcome::Done(enrolled) => self.judge_responder(enrolled.as_deref(), &mut health),
            other => health.notes.push(format!("the responder endpoint cannot be seen: {}", explain(&other))),
        }
        health.challenges = match self.run(&responder(Responder::Authentications)).await {
            Outcome::Done(enrolled) => self.judge_challenges(enrolled.as_deref()),
            // A right that a key without 3-D Secure need not have.
            other if self.config.challenges_secret.is_some() => {
                Some(Err(format!("the responder of 3-D Secure cannot be seen: {}", explain(&other))))
            }
            _ => None,
        };
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

    /// Lithic's own rules decide where nobody is enrolled and nobody is meant to be.
    fn judge_challenges(&self, enrolled: Option<&str>) -> Option<Result<(), String>> {
        let wanted = self.config.challenges_url.as_deref();
        let here = wanted.is_none() || enrolled == wanted;
        match (enrolled, self.config.challenges_secret.is_some()) {
            (None, false) => None,
            (None, true) => Some(Err("no endpoint is enrolled for 3-D Secure".to_owned())),
            (Some(_), true) if here => Some(Ok(())),
            (Some(url), true) => {
                Some(Err(format!("questions about 3-D Secure go to {url}, not to {}", wanted.unwrap_or_default())))
            }
            (Some(_), false) if here && wanted.is_some() => {
                Some(Err("questions about 3-D Secure come here, and issuer.challenges_secret is not set".to_owned()))
            }
            // Somebody else answers them.
            (Some(_), false) => None,
        }
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
