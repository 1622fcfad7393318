//! Query parameters: a name may come several times (`product_ids=A&product_ids=B`).

use reqwest::Url;

pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn read(text: Option<&str>) -> Self {
        let url = Url::parse(&format!("http://localhost/?{}", text.unwrap_or_default()));
        Self(url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_owned();
        let named = self.0.iter().filter(move |(known, value)| *known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    /// Whether `value` is among the values of `name`, or none is given.
    pub(crate) fn admits(&self, name: &str, value: &str) -> bool {
        let mut wanted = self.all(name).peekable();
        wanted.peek().is_none() || wanted.any(|one| one == value)
    }
}
