//! The running server: everything opened in order, the loops that drive the engine, and an orderly end.
//!
//! Invariant: what the node says is acknowledged only after the engine has stored it; a loop that ends by itself, or a
//! database that fails to sync, ends the process, loudly: the next start reads what is really there.

mod loops;
mod metrics;
mod network;
mod open;
mod ready;
mod stop;

pub use network::look as look_at_network;
pub use open::{Server, lookup, open_accounts, read_seed};
pub use stop::{Phase, Watch};

use crate::admin;
use crate::cli::{Place, Serve};
use crate::config;
use crate::doctor;
use crate::{logging, out, process};
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use stop::{Ended, Phases};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub fn run(place: &Place, args: &Serve) -> Result<ExitCode> {
    let file = config::file_of(&place.data, place.config.as_deref());
    let config = config::load(&file, std::env::vars())?;
    process::harden(config.process.debugger).context("core dumps cannot be turned off")?;
    logging::init(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(serve(place, args, config));
    // What still runs is a loop of ours or a vendor's answer that nobody waits for any more.
    runtime.shutdown_background();
    done
}

async fn serve(place: &Place, args: &Serve, config: config::Config) -> Result<ExitCode> {
    let file = config::file_of(&place.data, place.config.as_deref());
    warn_of_open_secrets(&file, &config);
    let (server, listener) = Server::open(place, &file, config).await?;
    let report = server.engine.recover().await.context("the stored purchases cannot be taken up again")?;
    tracing::info!(?report, "recovered");
    let phases = Phases::default();
    let mut tasks = loops::spawn(&server, &phases);
    spawn_web(&mut tasks, &server, listener, &phases);
    let socket = admin::Socket::bind(&server.data)?;
    tasks.spawn(admin::serve(Arc::clone(&server), socket.listener()?, phases.watch()));
    let ready = ready::announce(&server, socket.path(), args.ready_file.as_deref())?;
    let mut failed = server.store.failed();
    let ended = tokio::select! {
        () = stop::signal() => Ended::Asked,
        reason = failed.wait() => Ended::StorageFailed(reason),
        name = loops::first_to_end(&mut tasks) => Ended::WithoutLoop(name),
    };
    drop(ready);
    let code = stop::stop(&server, ended, tasks, &phases).await;
    drop(socket);
    Ok(code)
}

/// Held HTLCs come first, so it starts all the same.
fn warn_of_open_secrets(file: &Path, config: &config::Config) {
    let check = doctor::secret_files(file, config);
    if check.verdict != doctor::Verdict::Ok {
        tracing::warn!(mend = check.mend, "{}", check.found);
    }
}

fn spawn_web(tasks: &mut JoinSet<&'static str>, server: &Arc<Server>, listener: TcpListener, phases: &Phases) {
    let app = web::router(server.web_state()).into_make_service_with_connect_info::<SocketAddr>();
    let mut watch = phases.watch();
    tasks.spawn(async move {
        let stopped = async move { watch.reached(Phase::NoRequests).await };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the web server ended");
        }
        "web"
    });
}

/// Told once, in a form that a person and a program can read.
fn say_ready(line: &str) {
    out::line(line);
}
