//! Lists that come in pages.

use outbound::{Call, HttpClient, Retry};
use ports::Outcome;

/// Pages of one list that are read before giving up.
const PAGES_MAX: usize = 20;

/// What a page says, and from where to read on.
#[derive(Debug, PartialEq, Eq)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// All items of a list; `page` makes the call for the page after a token.
pub async fn all<T: Send, C: Call<Answer = PageOf<T>>>(
    client: &HttpClient,
    retry: &Retry,
    page: impl Fn(Option<String>) -> C,
) -> Outcome<Vec<T>> {
    let mut items = Vec::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let found = match client.run(&page(after), retry).await {
            Outcome::Done(found) => found,
            Outcome::Rejected(r) => return Outcome::Rejected(r),
            Outcome::NotSent(why) => return Outcome::NotSent(why),
            Outcome::Unknown(why) => return Outcome::Unknown(why),
        };
        items.extend(found.items);
        let Some(next) = found.next else { return Outcome::Done(items) };
        after = Some(next);
    }
    Outcome::Unknown(format!("more than {PAGES_MAX} pages"))
}
