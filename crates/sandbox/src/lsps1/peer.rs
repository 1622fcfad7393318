//! The Lightning connection: nothing but the messages of LSPS0.

use super::book::Book;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::io;
use ldk_node::lightning::ln::msgs::{DecodeError, Init, LightningError};
use ldk_node::lightning::ln::peer_handler::{
    CustomMessageHandler, ErroringMessageHandler, IgnoringMessageHandler, MessageHandler, PeerManager,
};
use ldk_node::lightning::ln::wire::{CustomMessageReader, Type};
use ldk_node::lightning::sign::{KeysManager, NodeSigner as _, Recipient};
use ldk_node::lightning::types::features::{InitFeatures, NodeFeatures};
use ldk_node::lightning::util::logger::{Logger, Record};
use ldk_node::lightning::util::ser::{LengthLimitedRead, Writeable, Writer};
use lightning_net_tokio::SocketDescriptor;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// bLIP-50.
const LSPS: u16 = 37_913;
/// BOLT 1.
const MESSAGE_BYTES_MAX: u64 = 65_535;

/// A text of JSON.
#[derive(Debug)]
pub struct Message(String);

impl Writeable for Message {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        writer.write_all(self.0.as_bytes())
    }
}

impl Type for Message {
    fn type_id(&self) -> u16 {
        LSPS
    }
}

/// What came in is answered by the book; what is to go out waits here.
struct Desk {
    book: Arc<Book>,
    out: Arc<Mutex<Vec<(PublicKey, Message)>>>,
    handle: tokio::runtime::Handle,
    more: Arc<tokio::sync::Notify>,
}

impl CustomMessageReader for Desk {
    type CustomMessage = Message;

    fn read<R: LengthLimitedRead>(&self, message_type: u16, buffer: &mut R) -> Result<Option<Message>, DecodeError> {
        if message_type != LSPS {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        buffer.read_to_limit(&mut bytes, MESSAGE_BYTES_MAX)?;
        String::from_utf8(bytes).map(|text| Some(Message(text))).map_err(|_| DecodeError::InvalidValue)
    }
}

impl CustomMessageHandler for Desk {
    fn handle_custom_message(&self, message: Message, from: PublicKey) -> Result<(), LightningError> {
        let (book, out, more) = (Arc::clone(&self.book), Arc::clone(&self.out), Arc::clone(&self.more));
        self.handle.spawn(async move {
            for answer in book.answer(from, &message.0).await {
                out.lock().unwrap_or_else(PoisonError::into_inner).push((from, Message(answer)));
            }
            more.notify_one();
        });
        Ok(())
    }

    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, Message)> {
        std::mem::take(&mut self.out.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn peer_disconnected(&self, _: PublicKey) {}

    fn peer_connected(&self, _: PublicKey, _: &Init, _: bool) -> Result<(), ()> {
        Ok(())
    }

    fn provided_node_features(&self) -> NodeFeatures {
        NodeFeatures::empty()
    }

    fn provided_init_features(&self, _: PublicKey) -> InitFeatures {
        InitFeatures::empty()
    }
}

struct Quiet;

impl Logger for Quiet {
    fn log(&self, record: Record) {
        tracing::trace!("{}", record.args);
    }
}

type Peers = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<Quiet>,
    Arc<Desk>,
    Arc<KeysManager>,
    Arc<IgnoringMessageHandler>,
>;

/// Under a key of its own.
pub fn listen(listener: TcpListener, book: Arc<Book>) -> (PublicKey, JoinHandle<()>) {
    let (seed, random): ([u8; 32], [u8; 32]) = (rand::random(), rand::random());
    let keys = Arc::new(KeysManager::new(&seed, 0, 0, true));
    let node_id = keys.get_node_id(Recipient::Node).unwrap_or_else(|()| unreachable!("its own key"));
    let more = Arc::new(tokio::sync::Notify::new());
    let handle = tokio::runtime::Handle::current();
    let desk = Arc::new(Desk { book, out: Arc::default(), handle, more: Arc::clone(&more) });
    let ignoring = Arc::new(IgnoringMessageHandler {});
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: Arc::clone(&ignoring),
        onion_message_handler: Arc::clone(&ignoring),
        custom_message_handler: desk,
        send_only_message_handler: ignoring,
    };
    let peers: Arc<Peers> = Arc::new(PeerManager::new(handlers, 1, &random, Arc::new(Quiet), keys));
    let listening = tokio::spawn(async move {
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { break };
                    let Ok(stream) = stream.into_std() else { continue };
                    tokio::spawn(lightning_net_tokio::setup_inbound(Arc::clone(&peers), stream));
                }
                () = more.notified() => peers.process_events(),
            }
        }
    });
    (node_id, listening)
}
