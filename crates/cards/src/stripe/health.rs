//! What `doctor` can know of a Stripe account.

use super::{
    Stripe,
    calls::{EndpointsCall, FloatCall},
    events,
    wire::{API_VERSION, WebhookEndpoint},
};
use ports::{IssuerHealth, Outcome};

const REQUEST: &str = "issuing_authorization.request";
/// The events without which charges are not followed.
const NEEDED: [&str; 3] = [events::CREATED, events::UPDATED, events::TRANSACTION];

const TIMEOUT_NOTE: &str = "Stripe's API does not tell what becomes of an authorization that gets no answer in time; set \
                            it to decline in the dashboard (Issuing settings, authorizations), and then set \
                            decline_on_timeout_confirmed";

impl Stripe {
    /// Never fails: what cannot be seen is said so.
    pub(super) async fn look_at_health(&self) -> IssuerHealth {
        let mut health = IssuerHealth::default();
        match self.run(&FloatCall { config: &self.config }).await {
            Outcome::Done(_) => health.reachable = true,
            Outcome::Rejected(refusal) => {
                health.reachable = true;
                health.notes.push(format!("the balance cannot be seen: {}: {}", refusal.code, refusal.message));
            }
            Outcome::NotSent(why) | Outcome::Unknown(why) => {
                health.notes.push(format!("Stripe does not answer: {why}"));
                return health;
            }
        }
        let page = |after| EndpointsCall { config: &self.config, after };
        match self.pages(page).await {
            Outcome::Done(endpoints) => {
                let live: Vec<_> = endpoints.into_iter().filter(|endpoint| endpoint.status == "enabled").collect();
                self.judge_request_endpoint(&live, &mut health);
                self.judge_events_endpoint(&live, &mut health);
            }
            Outcome::Rejected(refusal) => {
                health.notes.push(format!("webhook endpoints cannot be seen: {}: {}", refusal.code, refusal.message));
            }
            Outcome::NotSent(why) | Outcome::Unknown(why) => {
                health.notes.push(format!("webhook endpoints cannot be seen: {why}"));
            }
        }
        if self.config.decline_on_timeout_confirmed {
            health.declines_on_timeout = Some(true);
        } else {
            health.notes.push(TIMEOUT_NOTE.to_owned());
        }
        health
    }

    /// An endpoint set in the dashboard's Issuing settings is not in the list: then nothing is known.
    fn judge_request_endpoint(&self, live: &[WebhookEndpoint], health: &mut IssuerHealth) {
        let asked = live.iter().find(|endpoint| endpoint.enabled_events.iter().any(|event| event == REQUEST));
        let wanted = self.config.authorization_url.as_deref();
        health.webhook_registered = match (asked, wanted) {
            (None, _) => {
                let note = "no endpoint in the list takes issuing_authorization.request; see the Issuing settings";
                health.notes.push(note.to_owned());
                None
            }
            (Some(endpoint), Some(wanted)) if endpoint.url != wanted => {
                health.notes.push(format!("authorization requests go to {}, not to {wanted}", endpoint.url));
                Some(false)
            }
            (Some(endpoint), _) => {
                other_version(endpoint, health);
                wanted.map(|_| true)
            }
        };
    }

    fn judge_events_endpoint(&self, live: &[WebhookEndpoint], health: &mut IssuerHealth) {
        let complete = |endpoint: &&WebhookEndpoint| {
            NEEDED.iter().all(|need| endpoint.enabled_events.iter().any(|event| event == need || event == "*"))
        };
        let wanted = self.config.events_url.as_deref();
        let good = live.iter().filter(complete).find(|endpoint| wanted.is_none_or(|url| endpoint.url == url));
        match good {
            Some(endpoint) => other_version(endpoint, health),
            None => health.notes.push(format!("no endpoint sends {} here", NEEDED.join(", "))),
        }
    }
}

/// Events are written in the endpoint's version, not in that of our requests.
fn other_version(endpoint: &WebhookEndpoint, health: &mut IssuerHealth) {
    if let Some(version) = endpoint.api_version.as_deref().filter(|version| *version != API_VERSION) {
        health.notes.push(format!("the endpoint {} sends version {version}, read here is {API_VERSION}", endpoint.url));
    }
}
