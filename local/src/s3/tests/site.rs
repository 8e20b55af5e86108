//! An endpoint on a port of its own, with an empty folder.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials as Key, Region},
    presigning::{PresignedRequest, PresigningConfig},
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::super::{Buckets, Credentials, Endpoint, Settings, Shelf, blobs::random_name, endpoint};

pub const PAGE: &str = "http://localhost:8080";
pub const MAX_OBJECT_BYTES: u64 = 16 * 1024 * 1024;

pub struct Site {
    pub shelf: Shelf,
    pub address: SocketAddr,
    pub s3: Client,
    pub folder: Folder,
    server: JoinHandle<()>,
}

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Site {
    pub async fn start() -> Self {
        Self::open(Folder::new()).await
    }

    /// Stops it as abruptly as a test can, and opens the same folder again.
    pub async fn restart(self) -> Self {
        self.restart_after(|| ()).await
    }

    /// The same, with something done to the folder between the two.
    pub async fn restart_after(self, change: impl FnOnce()) -> Self {
        let Self { shelf, folder, server, s3, .. } = self;
        drop((shelf, s3));
        server.abort();
        server.await.unwrap_err();
        // The connections of the last server let go of the folder one after another.
        let blobs = std::fs::File::open(folder.0.join("objects")).unwrap();
        eventually(async || blobs.try_lock().ok()).await;
        drop(blobs);
        change();
        Self::open(folder).await
    }

    async fn open(folder: Folder) -> Self {
        let shelf = Shelf::open(&folder.0, buckets()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let credentials = Credentials { access_key: "key".into(), secret_key: "secret".into() };
        let settings = Settings {
            credentials,
            hosts: ["localhost", "127.0.0.1", "[::1]", "tintype.test"].map(String::from).into(),
            origins: vec![PAGE.parse().unwrap()],
            max_object_bytes: MAX_OBJECT_BYTES,
        };
        let server = tokio::spawn(serve(listener, endpoint(shelf.clone(), settings)));
        Self { shelf, address, s3: client(address, "key", "us-east-1"), folder, server }
    }

    pub async fn put(&self, key: &str, body: &[u8]) {
        let put = self.s3.put_object().bucket("originals").key(key).body(body.to_vec().into());
        put.send().await.unwrap();
    }

    /// The bytes of an original, if it is there.
    pub async fn original(&self, key: &str) -> Option<Vec<u8>> {
        let found = self.s3.get_object().bucket("originals").key(key).send().await.ok()?;
        Some(found.body.collect().await.unwrap().to_vec())
    }

    /// What a grant signs: a length of five, JPEG, and that nothing is there yet.
    pub async fn grant(&self, key: &str) -> PresignedRequest {
        let put = self.s3.put_object().bucket("originals").key(key);
        put.content_type("image/jpeg").content_length(5).if_none_match("*").presigned(minutes(15)).await.unwrap()
    }

    pub fn blobs(&self) -> usize {
        std::fs::read_dir(self.folder.0.join("objects")).unwrap().count()
    }

    pub fn only_blob(&self) -> PathBuf {
        assert_eq!(self.blobs(), 1);
        std::fs::read_dir(self.folder.0.join("objects")).unwrap().next().unwrap().unwrap().path()
    }

    /// The bodies of all events that are due, none of which is due any more.
    pub async fn events(&self) -> Vec<serde_json::Value> {
        let events = self.shelf.next_events(100, Duration::from_secs(3600)).await.unwrap();
        events.iter().map(|event| serde_json::from_str(&event.body).unwrap()).collect()
    }

    /// Nothing of a refused upload is left: no blob, no row, no event.
    pub async fn assert_empty(&self) {
        eventually(async || (self.blobs() == 0).then_some(())).await;
        let listed = self.s3.list_objects_v2().bucket("originals").send().await.unwrap();
        assert_eq!((listed.contents().len(), self.events().await.len()), (0, 0));
    }
}

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tintype-s3-{}", random_name().unwrap()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn buckets() -> Buckets {
    Buckets { region: "us-east-1".into(), originals: "originals".into(), renditions: "renditions".into() }
}

pub fn client(address: SocketAddr, access_key: &str, region: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Key::new(access_key, "secret", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true);
    Client::from_conf(config.build())
}

pub fn minutes(minutes: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(60 * minutes)).unwrap()
}

/// Asks until there is an answer, for a minute at most.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let answer = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answer).await.expect("it never came true")
}

async fn serve(listener: TcpListener, endpoint: Endpoint) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _): (TcpStream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let service = TowerToHyperService::new(endpoint.clone());
        connections.spawn(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
