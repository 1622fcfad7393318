//! Asks a wallet over Nostr as a shopper's client does, over a socket of its own.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use nostr::nips::nip47::{Nip47Ciphers, NostrWalletConnectUri, PayInvoiceRequest, Request, Response};
use nostr::prelude::{ClientMessage, Filter, Kind, RelayMessage, SubscriptionId};
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// A wallet that was asked to pay and has not answered yet. Dropped, it is listened to no more.
pub struct Asked {
    answer: JoinHandle<Result<Response>>,
}

/// Asks for one invoice to be paid. Done when the request was said; the answer may stay out for as long as a hold does.
///
/// # Errors
/// When the string is none, or its relay cannot be reached.
pub async fn pay_invoice(connection: &str, bolt11: &str) -> Result<Asked> {
    let uri = NostrWalletConnectUri::parse(connection).context("the connection string")?;
    let relay = uri.relays.first().context("no relay")?.to_string();
    let request = Request::pay_invoice(PayInvoiceRequest::new(bolt11)).to_event(&uri, Nip47Ciphers::NIP44V2)?;
    let (mut socket, _) = connect_async(relay).await.context("the relay")?;
    let filter = Filter::new().kind(Kind::WalletConnectResponse).author(uri.public_key).event(request.id);
    let listen = ClientMessage::Req {
        subscription_id: Cow::Owned(SubscriptionId::new("shopper")),
        filters: vec![Cow::Owned(filter)],
    };
    for message in [listen, ClientMessage::Event(Cow::Owned(request))] {
        socket.send(Message::text(message.as_json())).await?;
    }
    let answer = tokio::spawn(async move {
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else { continue };
            if let RelayMessage::Event { event, .. } = RelayMessage::from_json(text.as_str())? {
                event.verify()?;
                return Ok(Response::from_event(&uri, &event, Nip47Ciphers::NIP44V2)?);
            }
        }
        bail!("the relay has hung up")
    });
    Ok(Asked { answer })
}

impl Asked {
    /// Waits for the proof that it was paid, in hex.
    ///
    /// # Errors
    /// The wallet's refusal, or no answer in that time.
    pub async fn preimage(mut self, within: Duration) -> Result<String> {
        let answer =
            tokio::time::timeout(within, &mut self.answer).await.context("the wallet does not answer")???;
        Ok(answer.to_pay_invoice()?.preimage)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answer.abort();
    }
}
