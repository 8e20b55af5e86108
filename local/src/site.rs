//! All parts of one site, up together and down together.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result, anyhow};
use api::serve::{self, Patience};
use axum::middleware;
use http::HeaderValue;
use preset::Presets;
use processor::{Processor, Swept, each_minute};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tower::ServiceExt;

use crate::{
    Options, Wiring, database,
    folder::Folder,
    guard::{self, Guard},
    linger::linger,
    metrics,
    options::host,
    page,
    parts::{self, Parts},
    queue,
    s3::{self, Shelf},
    topic::{Subscriber, Topic},
};

/// S3's own limit for one PUT: what an original may weigh is the grant's business.
const MAX_OBJECT_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// A running site.
pub struct Site {
    folder: Folder,
    url: String,
    s3_url: String,
    is_open: bool,
    processor: Processor,
    /// Page, API, queue, sweep and deliveries; what they do ends with S3 still there.
    front: Parting,
    s3: Parting,
}

/// Tasks that end when they are told to.
#[derive(Default)]
struct Parting {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Site {
    /// Brings everything up; when this returns, everything answers.
    pub async fn start(mut options: Options, wiring: Wiring) -> Result<Self> {
        let admin_key = options.check()?;
        if options.shows_keys() {
            tracing::warn!(
                url = options.public_url,
                "keys are sent here unencrypted, for all on the way to read: put https before it"
            );
        }
        let presets = options.presets.as_deref().map(Presets::read).transpose()?.unwrap_or_default();
        let subscriber = options.notify_url.map(Subscriber::new).transpose()?;
        let folder = Folder::open(&options.data)?;
        let listener = serve::bind(options.listen, "--listen").await?;
        let s3_listener = serve::bind(options.s3_listen, "--s3-listen").await?;
        let address = reachable(&listener)?;
        let s3_address = reachable(&s3_listener)?;
        let url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let s3_url = options.s3_public_url.clone().unwrap_or_else(|| format!("http://{s3_address}"));

        let file = folder.path.join("catalog.sqlite");
        let database = database::open((!options.catalog_in_memory).then_some(&file))?;
        let shelf = Shelf::open(&folder.path, parts::buckets())?;
        let topic = Topic::open(&folder.path, &url, subscriber.is_some())?;
        let parts = Parts::new(&folder, database::connector(database.clone()), s3_address, &s3_url, wiring)?;
        parts.prepare().await?;
        if !options.catalog_in_memory {
            folder.note_begun()?;
        }

        let app = parts.api(&folder, presets, admin_key, &options.allowed_origins).await?;
        let is_open = app.is_open();
        let own = page::routes(&s3_url).merge(topic.routes()).merge(metrics::routes(shelf.clone(), &folder.path));
        let guard = Guard::new(address, options.public_url.as_deref(), options.allowed_origins.clone());
        let api = api::router(app.clone(), own);
        let api = api::identified(api.layer(middleware::from_fn_with_state((guard, app), guard::admit)));
        let settings = s3::Settings {
            credentials: parts.s3_credentials(),
            hosts: guard::names(s3_address.ip()).chain(host(&s3_url)).collect(),
            origins: origins(address, &url)?.into_iter().chain(options.allowed_origins.iter().cloned()).collect(),
            max_object_bytes: MAX_OBJECT_BYTES,
        };
        let processor = parts.processor(topic.connector());

        let (mut front, mut s3) = (Parting::default(), Parting::default());
        // The redirect of a PUT never reads the body: its sender must get to read the answer all the same.
        let api = api.map_request(|request| linger(request).map(axum::body::Body::new));
        s3.spawn(|stopped| {
            serve::serve(s3_listener, s3::endpoint(shelf.clone(), settings), Patience::WITH_CLIENTS, stopped)
        });
        front.spawn(|stopped| serve::serve(listener, api, Patience::WITH_CLIENTS, stopped));
        front.spawn(|stopped| queue::deliver(shelf, processor.clone(), stopped));
        let sweeper = processor.clone();
        front.spawn(|stopped| each_minute(move || sweep_once(sweeper.clone(), database.clone()), stopped));
        if let Some(subscriber) = subscriber {
            front.spawn(|stopped| topic.deliver(subscriber, stopped));
        }
        Ok(Self { folder, url, s3_url, is_open, processor, front, s3 })
    }

    /// Where page and API are, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether nobody needed a key when it started.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn s3_url(&self) -> &str {
        &self.s3_url
    }

    /// What queue and sweep work with.
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Comes back only if a part ends that should not: without it the site is none.
    pub async fn broken(&mut self) -> anyhow::Error {
        tokio::select! {
            Some(ended) = self.front.tasks.join_next() => anyhow!("a part ended: {ended:?}"),
            Some(ended) = self.s3.tasks.join_next() => anyhow!("S3 ended: {ended:?}"),
        }
    }

    /// Takes nothing new, finishes what is in hand.
    pub async fn stop(self) {
        self.front.end().await;
        self.s3.end().await;
    }
}

impl Parting {
    fn spawn<F: Future<Output = ()> + Send + 'static>(&mut self, task: impl FnOnce(watch::Receiver<bool>) -> F) {
        self.tasks.spawn(task(self.stop.subscribe()));
    }

    async fn end(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(panic) = ended {
                tracing::error!(%panic, "a part ended badly");
            }
        }
    }
}

async fn sweep_once(processor: Processor, database: dynoxide::Database) -> Result<Swept> {
    let swept = processor.sweep().await?;
    let dropped = tokio::task::spawn_blocking(move || database.sweep_ttl());
    dropped.await?.context("drop expired records")?;
    Ok(swept)
}

/// The address that this process itself can use: one that listens everywhere is reached by loopback.
fn reachable(listener: &TcpListener) -> Result<SocketAddr> {
    let mut address = listener.local_addr().context("ask for the address")?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok(address)
}

/// Whose pages may send to S3: ours, by whatever name it was opened.
fn origins(address: SocketAddr, url: &str) -> Result<Vec<HeaderValue>> {
    let all = guard::hosts(address).map(|host| format!("http://{host}")).chain([url.to_owned()]);
    all.map(|origin| HeaderValue::try_from(origin).context("an origin that no header can hold")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_on_the_port_that_browsers_leave_out_may_send_to_s3() {
        let may = |port: u16, origin: &str| {
            origins(([127, 0, 0, 1], port).into(), "http://127.0.0.1:80").unwrap().iter().any(|own| own == origin)
        };
        assert!(may(80, "http://localhost") && may(80, "http://127.0.0.1") && may(8080, "http://localhost:8080"));
        assert!(!may(8080, "http://localhost"));
    }
}
