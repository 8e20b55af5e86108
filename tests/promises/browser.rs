//! The page, in a real browser, with a file really dropped on it.

use std::{
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    notifications::subscriber_that,
    pictures,
    site::{ADMIN_KEY, Site, eventually, read, text},
};

/// A headless Chromium, driven by WebDriver.
struct Browser {
    _driver: Child,
    client: Client,
    session: String,
}

impl Browser {
    async fn start() -> Self {
        let (driver, port) = driver().await;
        let client = Client::new();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
        ];
        let options = json!({ "args": arguments });
        let new = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer: Value = client.post(&base).json(&new).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        Self { _driver: driver, client, session: format!("{base}/{id}") }
    }

    async fn call(&self, command: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}/{command}", self.session)).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// What a hand does: a click in the middle of what is found.
    async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.call(&format!("element/{element}/click"), json!({})).await;
    }

    async fn write(&self, selector: &str, line: &str) {
        let element = self.element(selector).await;
        self.call(&format!("element/{element}/value"), json!({ "text": line })).await;
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.call("element", json!({ "using": "css selector", "value": selector })).await;
        text(found.as_object().unwrap().values().next().unwrap())
    }

    /// Once the script answers with true.
    async fn until(&self, script: &str) {
        eventually(async || (self.run(script).await == json!(true)).then_some(())).await;
    }

    /// The first tab is 0; each that a link opens is the next.
    async fn look_at_tab(&self, tab: usize) {
        let handle = eventually(async || {
            let answer = self.client.get(format!("{}/window/handles", self.session)).send().await.unwrap();
            answer.json::<Value>().await.unwrap()["value"].get(tab).cloned()
        });
        self.call("window", json!({ "handle": handle.await })).await;
    }

    async fn open(&self, url: &str) {
        self.call("url", json!({ "url": url })).await;
    }

    async fn run(&self, script: &str) -> Value {
        self.call("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// What a hand does: the files come over the page, and are let go there.
    async fn drop_files(&self, paths: &[String]) {
        let data = json!({ "items": [], "files": paths, "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let parameters = json!({ "type": kind, "x": 600, "y": 300, "data": data });
            self.call("goog/cdp/execute", json!({ "cmd": "Input.dispatchDragEvent", "params": parameters })).await;
        }
    }

    /// Where what is downloaded comes to lie.
    async fn save_in(&self, folder: &Path) {
        let parameters = json!({ "behavior": "allow", "downloadPath": folder });
        let command = json!({ "cmd": "Browser.setDownloadBehavior", "params": parameters });
        self.call("goog/cdp/execute", command).await;
    }

    /// What the page complained of.
    async fn complaints(&self) -> Vec<String> {
        let log = self.call("se/log", json!({ "type": "browser" })).await;
        let entries = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        entries.map(|entry| text(&entry["message"])).collect()
    }

    async fn quit(self) {
        self.client.delete(&self.session).send().await.unwrap();
    }
}

/// A driver and its port. It wants the port that it is given at two addresses, and ends if another program has it at one.
async fn driver() -> (Child, String) {
    for _ in 0..10 {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut driver = driver.expect("chromedriver is installed: ./dev test sees to it");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return (driver, port.trim_end_matches('.').to_owned());
            }
        }
    }
    panic!("chromedriver does not say its port");
}

/// Without a browser the plain `./dev test` has said so already; CI does not get here without one.
fn left_out() -> bool {
    let left_out = std::env::var_os("TINTYPE_WITHOUT_BROWSER").is_some();
    if left_out {
        eprintln!("THE PAGE IS NOT TESTED: there is no browser here");
    }
    left_out
}

#[tokio::test]
async fn dropped_photo_becomes_a_ready_card() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    let photo = site.folder.0.join("holiday photo.jpg");
    std::fs::write(&photo, pictures::by_camera(&pictures::jpeg(1600, 1200), "Box Brownie")).unwrap();
    // By the other name: the page must work opened by either.
    browser.open(&site.url().replace("127.0.0.1", "localhost")).await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    let shown = "const picture = document.querySelector('.card[data-status=ready] img');
        return Boolean(picture && picture.complete && picture.naturalWidth > 0 && /avif|jpeg/.test(picture.currentSrc));";
    eventually(async || (browser.run(shown).await == json!(true)).then_some(())).await;
    let id = browser.run("return document.querySelector('.card').dataset.imageId").await;
    let image = site.settled(&text(&id)).await;
    assert_eq!((&image["status"], &image["filename"]), (&json!("ready"), &json!("holiday photo.jpg")));
    assert_eq!(browser.run("return document.querySelector('.taken').innerText").await, "Taken with Box Brownie");
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.quit().await;
}

#[tokio::test]
async fn picked_preset_is_remembered_and_asked_for() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    let photo = site.folder.0.join("photo.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    let picker = "const picker = document.querySelector('#preset');";
    browser.open(site.url()).await;
    let offered = format!("{picker} return [...picker.options].map(({{ text }}) => text).join()");
    eventually(async || (browser.run(&offered).await == json!("default,web,webp,avatar,archive")).then_some(())).await;
    let pick = "picker.value = 'web'; picker.dispatchEvent(new Event('change'));";
    let said = "return document.querySelector('#drop').innerText + document.querySelector('#shell-line').innerText";
    let said = text(&browser.run(&format!("{picker} {pick} {said}")).await);
    assert!(said.contains("JPEG 320, 640, 1280 and 2048") && said.contains("?preset=web"), "{said}");
    browser.open(site.url()).await;
    let shown = format!("{picker} return picker.value");
    eventually(async || (browser.run(&shown).await == json!("web")).then_some(())).await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    let uploaded = async || site.get("/images").await.json()["images"][0]["preset"].as_str().map(str::to_owned);
    assert_eq!(eventually(uploaded).await, "web");
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.quit().await;
}

#[tokio::test]
async fn dropped_text_says_on_its_card_what_is_wrong() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    let note = site.folder.0.join("note.jpg");
    std::fs::write(&note, "only a text").unwrap();
    browser.open(site.url()).await;
    browser.drop_files(&[note.to_string_lossy().into_owned()]).await;
    let failed = "return document.querySelector('.card[data-status=failed]')?.innerText ?? ''";
    let said = eventually(async || {
        let said = text(&browser.run(failed).await);
        (!said.is_empty()).then_some(said)
    });
    let said = said.await;
    let listed = site.get("/images").await.json();
    let detail = listed["images"][0]["error"]["detail"].as_str().unwrap_or_else(|| panic!("{said}: {listed}"));
    assert!(said.contains(detail), "{said}");
    browser.quit().await;
}

#[tokio::test]
async fn page_asks_for_the_key_once_and_says_when_it_is_wrong() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start_with_keys().await, Browser::start().await);
    let key = site.key("ann", &["uploads:create", "images:read", "images:delete"]).await;
    let photo = site.folder.0.join("photo.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    browser.open(site.url()).await;
    browser
        .until("return document.querySelector('#key').open && !document.querySelector('.fault:not([hidden])')")
        .await;
    browser.write("#key-field", "tk_wrong\u{e007}").await;
    browser.until("return /refused.*no key/.test(document.querySelector('.fault').innerText)").await;
    browser.write("#key-field", &format!("{key}\u{e007}")).await;
    browser.until("return !document.querySelector('#key').open && !document.querySelector('#empty').hidden").await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    browser
        .until("return Boolean(document.querySelector('.card[data-status=ready] img.finished')?.naturalWidth)")
        .await;
    // The tab keeps it, and the line for a shell has its place.
    browser.open(site.url()).await;
    browser
        .until("return Boolean(document.querySelector('.card[data-status=ready] img.finished')?.naturalWidth)")
        .await;
    browser
        .until("return document.querySelector('#shell-line').innerText.includes('-H \"Authorization: Bearer $KEY\"')")
        .await;
    browser.until("return !document.querySelector('#key').open").await;
    browser.click("#key-forget").await;
    browser.until("return document.querySelector('#key').open && sessionStorage.getItem('key') === null").await;
    browser.quit().await;
}

#[tokio::test]
async fn links_of_the_page_lead_on_where_a_key_is_needed() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start_with_keys().await, Browser::start().await);
    let key = site.key("ann", &["uploads:create", "images:read"]).await;
    let photo = site.folder.0.join("photo.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    browser.open(site.url()).await;
    browser.until("return document.querySelector('#key').open").await;
    browser.write("#key-field", &format!("{key}\u{e007}")).await;
    browser.until("return !document.querySelector('#key').open").await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    browser
        .until("return Boolean(document.querySelector('.card[data-status=ready] img.finished')?.naturalWidth)")
        .await;
    for (tab, link, shown) in [
        (1, ".json", "return document.body?.innerText.includes('\"filename\"')"),
        (2, ".plate", "return document.contentType.startsWith('image/') && document.images[0]?.naturalWidth > 0"),
    ] {
        browser.click(link).await;
        browser.look_at_tab(tab).await;
        browser.until(shown).await;
        // It holds no copy of the key, which would outlive the first tab's.
        browser.open(site.url()).await;
        browser.until("return document.querySelector('#key').open && sessionStorage.getItem('key') === null").await;
        browser.look_at_tab(0).await;
    }
    let downloads = site.folder.0.join("downloads");
    browser.save_in(&downloads).await;
    browser.click(".original").await;
    eventually(async || (std::fs::read(downloads.join("photo.jpg")).ok()? == pictures::jpeg(400, 300)).then_some(()))
        .await;
    browser.quit().await;
}

#[tokio::test]
async fn key_of_another_owner_takes_the_place_of_all_that_was_shown() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start_with_keys().await, Browser::start().await);
    let scopes = ["uploads:create", "images:read"];
    let (ann, bob) = (site.key("ann", &scopes).await, site.key("bob", &scopes).await);
    let photo = site.folder.0.join("photo of ann.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    browser.open(site.url()).await;
    browser.until("return document.querySelector('#key').open").await;
    browser.write("#key-field", &format!("{ann}\u{e007}")).await;
    browser.until("return !document.querySelector('#key').open").await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    browser
        .until("return Boolean(document.querySelector('.card[data-status=ready] img.finished')?.naturalWidth)")
        .await;
    browser.until("return document.querySelector('#notifications').innerText.includes('photo of ann')").await;
    let revoke = format!("/keys/{}", ann.split('_').nth(1).unwrap());
    read(site.request_by(ADMIN_KEY, Method::DELETE, &revoke)).await;
    browser.until("return /key was revoked/.test(document.querySelector('.fault').innerText)").await;
    browser.write("#key-field", &format!("{bob}\u{e007}")).await;
    browser.until("return /None yet/.test(document.querySelector('#empty').innerText)").await;
    browser.until("return !document.querySelector('.card') && !document.body.innerText.includes('photo of ann')").await;
    browser.quit().await;
}

/// As when the credentials that signed the URL have ended.
#[tokio::test]
async fn upload_goes_on_by_a_key_that_comes_at_the_second_try_and_may_not_look() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start_with_keys().await, Browser::start().await);
    let scanner = site.key("ann", &["uploads:create"]).await;
    let photo = site.folder.0.join("scan.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    browser.open(site.url()).await;
    browser.until("return document.querySelector('#key').open").await;
    browser.click("#key .later").await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    browser.until("return document.querySelector('.card[data-status=failed] .retry')?.hidden === false").await;
    browser.click(".card .retry").await;
    browser.until("return document.querySelector('#key').open").await;
    browser.write("#key-field", &format!("{scanner}\u{e007}")).await;
    let said =
        "return document.querySelector('.card[data-status=received] .message')?.innerText.includes('It has arrived')";
    browser.until(said).await;
    browser.quit().await;
}

#[tokio::test]
async fn upload_that_the_storage_finds_wrong_is_tried_once_more_with_a_fresh_url() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    let photo = site.folder.0.join("photo.jpg");
    std::fs::write(&photo, pictures::jpeg(400, 300)).unwrap();
    browser.open(site.url()).await;
    let refuse_first = "const { send } = XMLHttpRequest.prototype;
        XMLHttpRequest.prototype.send = function () {
            XMLHttpRequest.prototype.send = send;
            Object.defineProperty(this, 'status', { value: 400 });
            this.dispatchEvent(new Event('load'));
        };";
    browser.run(refuse_first).await;
    browser.drop_files(&[photo.to_string_lossy().into_owned()]).await;
    browser.until("return Boolean(document.querySelector('.card[data-status=ready]'))").await;
    browser.quit().await;
}

#[tokio::test]
async fn image_that_comes_into_sight_later_takes_its_place_by_age() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    let mut ids = Vec::new();
    for _ in 0..13 {
        ids.insert(0, text(&site.grant("photo.jpg", b"12345").await["id"]));
    }
    let shown = "return [...document.querySelectorAll('.card')].map(({ dataset }) => dataset.imageId).join()";
    browser.open(site.url()).await;
    browser.until(&format!("{shown} === '{}'", ids[..12].join(","))).await;
    assert!(read(site.request(Method::DELETE, &format!("/images/{}", ids[0]))).await.status.is_success());
    // Another program's, at the same time.
    ids.insert(0, text(&site.grant("photo.jpg", b"12345").await["id"]));
    assert!(read(site.request(Method::DELETE, &format!("/images/{}", ids[2]))).await.status.is_success());
    browser.run("document.dispatchEvent(new Event('visibilitychange'))").await;
    browser.until(&format!("{shown} === '{},{},{}'", ids[0], ids[1], ids[2..].join(","))).await;
    browser.quit().await;
}

#[tokio::test]
async fn delivery_of_a_notification_is_followed_to_its_end() {
    if left_out() {
        return;
    }
    let takes = Arc::new(AtomicBool::new(false));
    let answer = takes.clone();
    let status = move |_| if answer.load(Ordering::Relaxed) { StatusCode::OK } else { StatusCode::IM_A_TEAPOT };
    let (url, _) = subscriber_that(status).await;
    let (site, browser) = (Site::start_with_subscriber(url).await, Browser::start().await);
    browser.open(site.url()).await;
    site.uploaded("photo.jpg", &pictures::jpeg(64, 48)).await;
    let says = |word: &str| format!("return document.querySelector('#notifications').innerText.includes('{word}')");
    browser.until(&says("retrying")).await;
    takes.store(true, Ordering::Relaxed);
    browser.until(&says("delivered")).await;
    browser.quit().await;
}

/// The README's own lines, on a page of another origin.
#[tokio::test]
async fn page_of_another_site_uploads_as_the_readme_shows() {
    if left_out() {
        return;
    }
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", shop.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(shop, axum::Router::new().fallback(async || "a shop")).await });
    let (site, browser) = (Site::start_for_pages_of(&origin).await, Browser::start().await);
    let script = include_str!("../../README.md").split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let script = script.replace("http://127.0.0.1:8080", site.url());
    let photo = serde_json::to_string(&pictures::png(64, 48)).unwrap();
    browser.open(&origin).await;
    let told = "const told = said => { document.body.innerText = said; };";
    let uploads =
        format!("upload(new File([new Uint8Array({photo})], 'a.png'), '').then(({{ status }}) => told(status), told);");
    browser.run(&format!("{script} {told} {uploads}")).await;
    browser.until("return document.body.innerText === 'ready'").await;
    browser.quit().await;
}

#[tokio::test]
async fn delete_is_asked_about_and_no_double_click_is_an_answer() {
    if left_out() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::start().await);
    site.uploaded("photo.jpg", &pictures::jpeg(64, 48)).await;
    browser.open(site.url()).await;
    browser.until("return Boolean(document.querySelector('.card[data-status=ready]'))").await;
    let button = "const button = document.querySelector('.card .delete');";
    let twice = format!("{button} button.click(); button.click(); return button.textContent");
    assert_eq!(browser.run(&twice).await, "Delete for ever?");
    let escape = "button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })); return button.textContent";
    assert_eq!(browser.run(&format!("{button} {escape}")).await, "Delete");
    browser.until("document.querySelector('.card .delete')?.click(); return !document.querySelector('.card')").await;
    assert_eq!(site.objects(), [""; 0]);
    browser.quit().await;
}
