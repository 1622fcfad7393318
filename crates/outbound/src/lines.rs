//! Answers that never end: one line after the other, for as long as the other side has something to say.

use crate::client::{Fault, append, fault};
use crate::{HttpClient, Request, Response};
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// How such a request is answered.
#[derive(Debug)]
pub enum Opened {
    Lines(Lines),
    /// Any status but 200; a whole answer.
    Refused(Response),
}

/// The rest of an answer, line by line. Dropping it closes the connection.
pub struct Lines {
    response: reqwest::Response,
    /// Arrived and not yet given out.
    rest: Zeroizing<Vec<u8>>,
    line_bytes_max: usize,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines(..)")
    }
}

impl HttpClient {
    /// Asks for an answer of lines. The deadline of the client is for the answer's head; between lines any time may
    /// pass. A connection that has died without a word is noticed by TCP within a minute or two.
    pub async fn open_lines(&self, request: &Request) -> Result<Opened, Fault> {
        let limits = self.limits();
        let request = self.prepare(self.client(), request)?;
        let deadline = Duration::from_millis(limits.deadline_ms);
        let response = match tokio::time::timeout(deadline, self.client().execute(request)).await {
            Ok(result) => result.map_err(fault)?,
            Err(_) => return Err(Fault::Unknown(format!("no answer within {} ms", limits.deadline_ms))),
        };
        if response.status().as_u16() == 200 {
            let rest = Zeroizing::new(Vec::new());
            return Ok(Opened::Lines(Lines { response, rest, line_bytes_max: limits.answer_bytes_max }));
        }
        match tokio::time::timeout(deadline, self.read(response)).await {
            Ok(result) => result.map(Opened::Refused),
            Err(_) => Err(Fault::Unknown(format!("no whole answer within {} ms", limits.deadline_ms))),
        }
    }
}

impl Lines {
    /// What has arrived, wherever its lines end: for an answer that is one long line. `None` at the end, which is where
    /// the other side has said that it is.
    pub async fn piece(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        Ok(self.response.chunk().await.map_err(fault)?.map(|chunk| Zeroizing::new(chunk.to_vec())))
    }

    /// The next line that is not empty; `None` when the other side has ended. Nothing is lost when this is dropped
    /// half-way.
    pub async fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
        loop {
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line = Zeroizing::new(self.rest[..end].to_vec());
                let rest = Zeroizing::new(self.rest[end + 1..].to_vec());
                self.rest = rest;
                if !line.is_empty() {
                    return Ok(Some(line));
                }
            }
            if self.rest.len() > self.line_bytes_max {
                return Err(Fault::Unknown(format!("a line is longer than {} bytes", self.line_bytes_max)));
            }
            match self.response.chunk().await.map_err(fault)? {
                Some(chunk) => append(&mut self.rest, &chunk),
                None if self.rest.is_empty() => return Ok(None),
                None => return Err(Fault::Unknown("the answer ended inside a line".to_owned())),
            }
        }
    }
}
