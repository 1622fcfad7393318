//! Everything that a server lets out or writes down, and the search of it.

use crate::common::{World, said};
use crate::search::{Needles, Search, search_database, search_files};
use outbound::{HttpClient, Limits, Method, Request};
use std::path::{Path, PathBuf};

/// The words are kept there on purpose, for their owner alone; that file is no log, error, metric or column.
pub const SEED_FILE: &str = "seed.words";

/// Answers by where they came from.
pub struct Evidence {
    client: HttpClient,
    said: Vec<(String, Vec<u8>)>,
}

impl Evidence {
    pub fn of(http: &str) -> Self {
        Self { client: HttpClient::new(http, Limits::default()).unwrap(), said: Vec::new() }
    }

    /// A request that has to be refused, and the words in which it is.
    pub async fn refused(&mut self, request: Request, what: &str) {
        let response = self.client.send(&request).await.unwrap();
        assert!(response.status >= 400, "{what}: {}", response.status);
        self.said.push((format!("{what}: {}", response.status), response.body.to_vec()));
    }

    pub async fn metrics(&mut self, token: &str) {
        let request = Request::get("/metrics").header("authorization", format!("Bearer {token}"));
        let response = self.client.send(&request).await.unwrap();
        assert_eq!(response.status, 200);
        self.said.push(("/metrics".to_owned(), response.body.to_vec()));
    }

    /// Whatever an operator's command says, on either stream; one that finds something wrong says more.
    pub fn commands(&mut self, world: &World, commands: &[&[&str]]) {
        for args in commands {
            let output = world.run(args);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {}", said(&output));
            self.said.push((format!("anytill {}", args.join(" ")), said(&output).into_bytes()));
        }
    }

    /// Whose words have these needles in them.
    pub fn answers_with(&self, needles: &Needles) -> Vec<String> {
        let found = self.said.iter().flat_map(|(place, bytes)| {
            needles.in_bytes(bytes).into_iter().map(move |what| format!("{what} ({place})"))
        });
        found.collect()
    }

    /// In what was said, in the log, in every file and every column.
    pub fn everywhere_with(&self, world: &World, needles: &Needles) -> Vec<String> {
        let mut found = self.answers_with(needles);
        found.extend(kept_with(world.data().parent().unwrap(), needles).found);
        found
    }
}

/// In the files below a directory and in the columns of the databases among them, the file of the seed words left out.
pub fn kept_with(dir: &Path, needles: &Needles) -> Search {
    let mut search = search_files(dir, needles);
    search.found.retain(|found| !found.ends_with(&format!("/{SEED_FILE}\")")));
    for database in databases(dir) {
        let columns = search_database(&database, needles);
        search.bytes += columns.bytes;
        search.found.extend(columns.found);
    }
    search
}

fn databases(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(databases(&path));
        } else if std::fs::read(&path).is_ok_and(|content| content.starts_with(b"SQLite format 3\0")) {
            found.push(path);
        }
    }
    found
}

/// A directory as it is now.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A body as it is, good JSON or not.
pub fn with_body(method: Method, path: &str, body: &str) -> Request {
    Request::new(method, path).body("application/json", body.as_bytes().to_vec())
}
