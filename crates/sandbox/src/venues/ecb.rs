//! The European Central Bank's daily reference rates (ecb.europa.eu, `eurofxref-daily.xml`).

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::{Desk, json_error};
use crate::vendor::time::rfc3339;

/// Units for a euro, in the proportions of the market at the start.
const RATES: [(&str, &str); 9] = [
    ("USD", "1.0800"),
    ("JPY", "161.20"),
    ("GBP", "0.85040"),
    ("SEK", "11.0825"),
    ("NOK", "11.7410"),
    ("CHF", "0.9643"),
    ("AUD", "1.6416"),
    ("CAD", "1.4904"),
    ("MXN", "19.9015"),
];

pub(super) fn router(desk: &Desk) -> Router {
    Router::new().route("/stats/eurofxref/eurofxref-daily.xml", get(table)).with_state(desk.clone())
}

pub(super) fn refusal(status: u16, message: &str) -> Response {
    json_error(status, &json!({ "message": message }))
}

async fn table(State(desk): State<Desk>) -> Response {
    let time = rfc3339(desk.now_ms());
    let date = time.get(..10).unwrap_or_default();
    let rows: String =
        RATES.iter().map(|(code, rate)| format!("\t\t\t<Cube currency='{code}' rate='{rate}'/>\n")).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope \
         xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
         xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\">\n\t<gesmes:subject>Reference \
         rates</gesmes:subject>\n\t<gesmes:Sender>\n\t\t<gesmes:name>European Central \
         Bank</gesmes:name>\n\t</gesmes:Sender>\n\t<Cube>\n\t\t<Cube \
         time='{date}'>\n{rows}\t\t</Cube>\n\t</Cube>\n</gesmes:Envelope>"
    );
    ([("content-type", "text/xml")], xml).into_response()
}
