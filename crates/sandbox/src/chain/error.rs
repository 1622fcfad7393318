//! What can go wrong on the chain's RPC interface, with Bitcoin Core's own codes and words.
//!
//! Codes: `src/rpc/protocol.h` of Bitcoin Core. Reject reasons: the strings that `validation.cpp`
//! and `policy/` give to `TxValidationState`; clients match on them, so they are kept verbatim.

use axum::http::StatusCode;

/// One JSON-RPC error: Core's numeric code and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("RPC error {code}: {message}")]
pub struct RpcError {
    /// Core's code, for example -26 (`RPC_VERIFY_REJECTED`).
    pub code: i32,
    pub message: String,
}

impl RpcError {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// -32700: the body is not JSON, or neither object nor list.
    pub fn parse(message: &str) -> Self {
        Self::new(-32700, message)
    }

    /// -32600: JSON, but not a request.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    /// -32601: no such method.
    pub fn method_not_found() -> Self {
        Self::new(-32601, "Method not found")
    }

    /// -1: Core answers a call with too many or too few arguments with its help text.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(-1, message)
    }

    /// -3: an argument of another JSON type than the one asked for.
    pub fn wrong_type(message: impl Into<String>) -> Self {
        Self::new(-3, message)
    }

    /// -5: no such block, or address, or entry.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(-5, message)
    }

    /// -8: an argument out of its range.
    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(-8, message)
    }

    /// -22: bytes that do not decode.
    pub fn deserialization(message: impl Into<String>) -> Self {
        Self::new(-22, message)
    }

    /// -25: refused for a reason that is not the sender's rules (inputs unknown or spent).
    pub fn verify(message: impl Into<String>) -> Self {
        Self::new(-25, message)
    }

    /// -26: refused by consensus or policy.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(-26, message)
    }

    /// -27: it is already in the chain.
    pub fn already_in_chain() -> Self {
        Self::new(-27, "Transaction outputs already in utxo set")
    }

    /// The HTTP status that Core gives to this error under JSON-RPC 1 (`JSONErrorReply`).
    pub fn http_status(&self) -> StatusCode {
        match self.code {
            -32600 => StatusCode::BAD_REQUEST,
            -32601 => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// What can go wrong when a chain is started, attached to or driven.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The chain answered with an error of its own.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// No answer, or one that is not JSON-RPC.
    #[error("the chain did not answer: {0}")]
    Transport(String),
    /// The loopback port could not be had.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The faucet has fewer mature coins than asked for.
    #[error("the faucet has {available_sat} sat, {wanted_sat} sat were asked for")]
    FaucetEmpty { available_sat: u64, wanted_sat: u64 },
    /// A condition did not come true in time.
    #[error("waited too long for {0}")]
    Deadline(String),
    /// The configured address cannot be used.
    #[error("bad chain configuration: {0}")]
    Configuration(String),
}
