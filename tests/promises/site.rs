//! A site with a folder of its own, and what a client does with it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use processor::Darkroom;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use tests::faults::Faults;

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// Short, so that tests need not wait for the end of a lease that was lost.
const LEASE_SECONDS: u64 = 3;
pub const ADMIN_KEY: &str = "the administrator's own key, of the tests";
pub const PAUSE: Duration = Duration::from_millis(20);

/// A running site in this process.
pub struct Site {
    site: Option<local::Site>,
    pub folder: Folder,
    pub client: Client,
    /// Between the SDK's clients and the services.
    pub faults: Arc<Faults>,
    options: local::Options,
}

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Site {
    pub async fn start() -> Self {
        Self::on(Folder::new()).await
    }

    /// Nobody is answered without a key; `ADMIN_KEY` is one.
    pub async fn start_with_keys() -> Self {
        Self::start_with(|options| options.admin_key = Some(ADMIN_KEY.into())).await
    }

    pub async fn start_with_presets(json: &str) -> Self {
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.0).unwrap();
        let file = folder.0.join("presets.json");
        std::fs::write(&file, json).unwrap();
        let options = local::Options { presets: Some(file), ..options(&folder) };
        Self::open(folder, options).await
    }

    pub async fn start_with_subscriber(url: String) -> Self {
        Self::start_with(|options| options.notify_url = Some(url)).await
    }

    pub async fn start_for_pages_of(origins: &str) -> Self {
        Self::start_with(|options| options.allowed_origins = origins.parse().unwrap()).await
    }

    /// Each listener at an address of its own.
    pub async fn start_at(ip: [u8; 4], s3_ip: [u8; 4]) -> Self {
        Self::start_with(|options| (options.listen, options.s3_listen) = ((ip, 0).into(), (s3_ip, 0).into())).await
    }

    pub async fn on(folder: Folder) -> Self {
        let options = options(&folder);
        Self::open(folder, options).await
    }

    async fn start_with(change: impl FnOnce(&mut local::Options)) -> Self {
        let folder = Folder::new();
        let mut options = options(&folder);
        change(&mut options);
        Self::open(folder, options).await
    }

    /// What is said of a folder that no site can be on.
    pub async fn refusal(folder: &Folder) -> Option<anyhow::Error> {
        local::Site::start(options(folder), wiring(&Arc::default())).await.err()
    }

    /// Stops it in good order and leaves the folder, its databases closed.
    pub async fn stop(mut self) -> Folder {
        self.site.take().unwrap().stop().await;
        self.faults.let_go();
        let open = || {
            let mut entries = std::fs::read_dir(&self.folder.0).unwrap();
            entries.any(|entry| entry.unwrap().path().to_string_lossy().ends_with("-wal"))
        };
        eventually(async || (!open()).then_some(())).await;
        self.folder
    }

    /// Stops it in good order and starts it again on the same folder.
    pub async fn restart(mut self) -> Self {
        self.site.take().unwrap().stop().await;
        Self::open(self.folder, self.options).await
    }

    /// As when the file is taken from the deployment.
    pub async fn restart_without_presets(mut self) -> Self {
        self.options.presets = None;
        self.restart().await
    }

    async fn open(folder: Folder, options: local::Options) -> Self {
        let faults = Arc::new(Faults::default());
        let site = local::Site::start(options.clone(), wiring(&faults)).await.unwrap();
        Self { site: Some(site), folder, client: client(), faults, options }
    }

    pub fn url(&self) -> &str {
        self.site.as_ref().unwrap().url()
    }

    pub fn s3_url(&self) -> &str {
        self.site.as_ref().unwrap().s3_url()
    }

    pub fn processor(&self) -> &processor::Processor {
        self.site.as_ref().unwrap().processor()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url()))
    }

    /// The same with a key.
    pub fn request_by(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(key)
    }

    /// A key that the administrator has made.
    pub async fn key(&self, owner: &str, scopes: &[&str]) -> String {
        let new = json!({ "owner": owner, "scopes": scopes });
        let answer = read(self.request_by(ADMIN_KEY, Method::POST, "/keys").json(&new)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        text(&answer.json()["key"])
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> StatusCode {
        read(self.request(Method::DELETE, path)).await.status
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        read(self.request(Method::POST, path).json(&body)).await
    }

    /// Asks for an upload of exactly these bytes.
    pub async fn grant(&self, filename: &str, bytes: &[u8]) -> Value {
        let answer = self.post("/uploads", json!({ "filename": filename, "bytes": bytes.len() })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()
    }

    /// Sends the PUT that was granted.
    pub async fn put(&self, grant: &Value, bytes: &[u8]) -> StatusCode {
        read(put_request(&self.client, grant, bytes)).await.status
    }

    /// From the question to the last byte; the id of the image.
    pub async fn upload(&self, filename: &str, bytes: &[u8]) -> String {
        let grant = self.grant(filename, bytes).await;
        assert_eq!(self.put(&grant, bytes).await, StatusCode::OK);
        text(&grant["id"])
    }

    /// The image once nothing more happens to it.
    pub async fn settled(&self, id: &str) -> Value {
        settled(&self.client, self.url(), id).await
    }

    pub async fn uploaded(&self, filename: &str, bytes: &[u8]) -> Value {
        let id = self.upload(filename, bytes).await;
        self.settled(&id).await
    }

    /// Everything that lies in the buckets, as `bucket/key`.
    pub fn objects(&self) -> Vec<String> {
        objects(&self.folder.0)
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tintype-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn options(folder: &Folder) -> local::Options {
    local::Options {
        data: folder.0.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        s3_listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        s3_public_url: None,
        allowed_origins: Default::default(),
        notify_url: None,
        admin_key: None,
        presets: None,
        log_format: Default::default(),
        catalog_in_memory: false,
    }
}

fn wiring(faults: &Arc<Faults>) -> local::Wiring {
    let program = crate::program().as_std().get_program().into();
    let darkroom = Darkroom { program, ..Darkroom::default() };
    local::Wiring { between: faults.between(), darkroom, lease_seconds: LEASE_SECONDS }
}

/// One that shows redirects instead of following them.
pub fn client() -> Client {
    Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().unwrap()
}

pub async fn read(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
}

/// Exactly the headers that the grant lists.
pub fn put_request(client: &Client, grant: &Value, bytes: &[u8]) -> RequestBuilder {
    let put = &grant["upload"];
    let headers = put["headers"].as_object().unwrap();
    let request = client.put(text(&put["url"])).body(bytes.to_vec());
    headers.iter().fold(request, |request, (name, value)| request.header(name, text(value)))
}

pub async fn settled(client: &Client, url: &str, id: &str) -> Value {
    let image = eventually(async || {
        let image = read(client.get(format!("{url}/images/{id}?wait=10"))).await.json();
        let status = text(&image["status"]);
        (status != "awaiting_upload" && status != "processing").then_some(image)
    });
    image.await
}

/// Tries until there is something, for as long as the patience lasts.
pub async fn eventually<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "it did not happen in time");
        tokio::time::sleep(PAUSE).await;
    }
}

pub fn objects(folder: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(folder.join("objects.sqlite")).unwrap();
    let mut rows = database.prepare("SELECT bucket || '/' || key FROM objects ORDER BY 1").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// What should lie in the buckets for an image, and nothing else.
pub fn keys(image: &Value) -> Vec<String> {
    let renditions = image["renditions"].as_array().unwrap().iter().map(|made| {
        let url = text(&made["url"]);
        let path = url.split('?').next().unwrap().splitn(4, '/').nth(3).unwrap();
        path.to_owned()
    });
    let mut keys: Vec<_> = renditions.chain([format!("originals/{}", text(&image["id"]))]).collect();
    keys.sort();
    keys
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
