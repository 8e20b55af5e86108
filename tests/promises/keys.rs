//! Keys: made, shown once, refused when they should be.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tests::faults::{Fault, Gate, Step};
use tokio::time::timeout;

use crate::{
    pictures,
    site::{ADMIN_KEY, Answer, Folder, PATIENCE, Site, eventually, read, text},
};

async fn images(site: &Site, key: &str) -> Answer {
    read(site.request_by(key, Method::GET, "/images")).await
}

async fn make(site: &Site, new: Value) -> Answer {
    read(site.request_by(ADMIN_KEY, Method::POST, "/keys").json(&new)).await
}

async fn revoke(site: &Site, key: &str) -> StatusCode {
    read(site.request_by(ADMIN_KEY, Method::DELETE, &format!("/keys/{}", id(key)))).await.status
}

/// Hangs up while the table is still being written for the request.
async fn ask_and_hang_up(site: &Site, request: RequestBuilder, step: Step) {
    let gate = Gate::default();
    site.faults.inject(step, Fault::Held(gate.clone()), 1);
    let asking = tokio::spawn(request.send());
    gate.reached().await;
    asking.abort();
    // By the time that this is answered the other connection is known to be closed.
    assert_eq!(site.get("/healthz").await.status, StatusCode::OK);
    gate.open();
}

async fn until_unauthorized(attempt: impl AsyncFn() -> Answer) -> Answer {
    eventually(async || Some(attempt().await).filter(|answer| answer.status == StatusCode::UNAUTHORIZED)).await
}

/// Which part of the key: its public id is the second.
fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

#[tokio::test]
async fn first_key_closes_a_site_that_was_open_also_after_a_restart() {
    let site = Site::start().await;
    let image = site.grant("a.png", b"bytes").await;
    let first = json!({ "owner": "local", "scopes": ["admin", "images:read"] });
    let key = text(&site.post("/keys", first).await.json()["key"]);
    assert_eq!(site.get("/images").await.status, StatusCode::UNAUTHORIZED);
    let site = site.restart().await;
    assert_eq!(site.get("/images").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(images(&site, &key).await.json()["images"][0]["id"], image["id"], "what came before is its owner's");
}

#[tokio::test]
async fn last_key_that_can_make_others_is_not_revoked() {
    let site = Site::start().await;
    let first = json!({ "owner": "local", "scopes": ["admin", "images:read"] });
    let key = text(&site.post("/keys", first.clone()).await.json()["key"]);
    let make =
        async |new: &Value| text(&read(site.request_by(&key, Method::POST, "/keys").json(new)).await.json()["key"]);
    let revoke = |by: &str| read(site.request_by(by, Method::DELETE, &format!("/keys/{}", id(&key))));
    make(&json!({ "owner": "ann", "scopes": ["images:read"] })).await;
    make(&json!({ "owner": "ann", "scopes": ["admin"], "expires_in": 3600 })).await;
    let refused = revoke(&key).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::CONFLICT, &json!("last_admin_key")));
    assert_eq!(images(&site, &key).await.status, StatusCode::OK, "nothing was changed");
    let other = make(&first).await;
    assert_eq!(revoke(&other).await.status, StatusCode::NO_CONTENT);
    assert_eq!(images(&site, &key).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn site_is_open_again_once_the_administrator_has_revoked_every_key() {
    let site = Site::start_with_keys().await;
    let key = site.key("local", &["admin"]).await;
    assert_eq!(revoke(&site, &key).await, StatusCode::NO_CONTENT);
    assert_eq!(site.get("/images").await.status, StatusCode::UNAUTHORIZED, "not under anybody's hands");
    let site = Site::on(site.stop().await).await;
    assert_eq!(site.get("/images").await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_many_first_keys_that_are_asked_for_at_once_one_is_made() {
    let site = Site::start().await;
    // All are let in while the first is still being written.
    site.faults.inject(Step::Create, Fault::Slow(Duration::from_millis(300)), 1);
    let first = json!({ "owner": "local", "scopes": ["admin"] });
    let asked = (0..8).map(|_| site.post("/keys", first.clone()));
    let statuses = join_all(asked).await.into_iter().map(|answer| answer.status);
    let (made, refused): (Vec<_>, Vec<_>) = statuses.partition(|status| *status == StatusCode::CREATED);
    assert_eq!((made.len(), refused), (1, vec![StatusCode::UNAUTHORIZED; 7]));
}

#[tokio::test]
async fn first_key_that_would_lock_everybody_out_is_refused() {
    let site = Site::start().await;
    for (new, field) in [
        (json!({ "owner": "local", "scopes": ["images:read", "uploads:create"] }), "scopes"),
        (json!({ "owner": "local", "scopes": ["admin"], "expires_in": 60 }), "expires_in"),
    ] {
        let refused = site.post("/keys", new).await;
        assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)));
        assert_eq!(site.get("/images").await.status, StatusCode::OK, "still open");
    }
}

#[tokio::test]
async fn key_is_shown_once_and_only_its_digest_is_kept() {
    let site = Site::start_with_keys().await;
    let made = make(&site, json!({ "owner": "ann", "scopes": ["images:read"], "name": "hall" })).await.json();
    let key = text(&made["key"]);
    let listed = read(site.request_by(ADMIN_KEY, Method::GET, "/keys?owner=ann")).await;
    let shown = &listed.json()["keys"][0];
    assert_eq!((&shown["id"], &shown["owner"], &shown["name"]), (&json!(id(&key)), &json!("ann"), &json!("hall")));
    assert!(made["revoked_at"].is_null() && made["expires_at"].is_null(), "{made}");
    let secret = key.split('_').nth(2).unwrap();
    assert!(!listed.text.contains(secret), "{listed:?}");
    let none = read(site.request_by(ADMIN_KEY, Method::GET, "/keys?owner=bob")).await.json();
    assert_eq!(none, json!({ "keys": [], "next": null }));
    let folder = site.stop().await;
    let kept = std::fs::read(folder.0.join("catalog.sqlite")).unwrap();
    let holds = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(id(&key)) && !holds(secret) && !holds(ADMIN_KEY));
}

#[tokio::test]
async fn revoked_key_opens_nothing_any_more() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    assert_eq!(images(&site, &key).await.status, StatusCode::OK);
    // A repetition changes nothing.
    for _ in 0..2 {
        assert_eq!(revoke(&site, &key).await, StatusCode::NO_CONTENT);
        let refused = images(&site, &key).await;
        assert_eq!(
            (refused.status, &refused.json()["detail"]),
            (StatusCode::UNAUTHORIZED, &json!("This key was revoked."))
        );
    }
    let listed = read(site.request_by(ADMIN_KEY, Method::GET, "/keys")).await.json();
    assert!(listed["keys"][0]["revoked_at"].is_string(), "{listed}");
    let unknown = read(site.request_by(ADMIN_KEY, Method::DELETE, "/keys/0000000000000000")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn key_is_revoked_also_where_whoever_asked_for_it_hangs_up() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    assert_eq!(images(&site, &key).await.status, StatusCode::OK, "and is known for a minute");
    let revoke = site.request_by(ADMIN_KEY, Method::DELETE, &format!("/keys/{}", id(&key)));
    ask_and_hang_up(&site, revoke, Step::Revoke).await;
    until_unauthorized(async || images(&site, &key).await).await;
}

/// With a key that nobody has: the administrator's own is the way back.
#[tokio::test]
async fn first_key_closes_a_site_also_where_whoever_asked_for_it_hangs_up() {
    let site = Site::start().await;
    let first = site.request(Method::POST, "/keys").json(&json!({ "owner": "local", "scopes": ["admin"] }));
    ask_and_hang_up(&site, first, Step::Create).await;
    until_unauthorized(async || site.get("/images").await).await;
}

/// The write that makes it is repeated when its answer is lost, and may come after the other.
#[tokio::test]
async fn key_that_is_revoked_while_it_is_made_stays_revoked() {
    let (site, gate) = (Site::start_with_keys().await, Gate::default());
    site.faults.inject(Step::Create, Fault::AnswerLost, 1);
    site.faults.inject(Step::Create, Fault::Held(gate.clone()), 1);
    let new = json!({ "owner": "ann", "scopes": ["images:read"] });
    let making = tokio::spawn(site.request_by(ADMIN_KEY, Method::POST, "/keys").json(&new).send());
    gate.reached().await;
    let listed = async || read(site.request_by(ADMIN_KEY, Method::GET, "/keys")).await.json()["keys"][0].clone();
    let revoke = format!("/keys/{}", text(&listed().await["id"]));
    assert_eq!(read(site.request_by(ADMIN_KEY, Method::DELETE, &revoke)).await.status, StatusCode::NO_CONTENT);
    gate.open();
    assert_eq!(making.await.unwrap().unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(listed().await["revoked_at"].is_string());
}

#[tokio::test]
async fn answer_that_was_held_is_not_for_a_key_that_was_revoked_meanwhile() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["uploads:create", "images:read"]).await;
    let bytes = pictures::png(8, 8);
    let new = json!({ "filename": "a.png", "bytes": bytes.len() });
    let grant = read(site.request_by(&key, Method::POST, "/uploads").json(&new)).await.json();
    let held = format!("/images/{}?wait=25", text(&grant["id"]));
    let (before, held) =
        (site.faults.calls(Step::Read), tokio::spawn(site.request_by(&key, Method::GET, &held).send()));
    // The record is read at once, and then again and again.
    eventually(async || (site.faults.calls(Step::Read) > before + 2).then_some(())).await;
    assert_eq!(revoke(&site, &key).await, StatusCode::NO_CONTENT);
    assert_eq!(site.put(&grant, &bytes).await, StatusCode::OK);
    assert_eq!(held.await.unwrap().unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn expired_key_opens_nothing_any_more() {
    let site = Site::start_with_keys().await;
    let made = make(&site, json!({ "owner": "ann", "scopes": ["images:read"], "expires_in": 1 })).await.json();
    let refused = eventually(async || {
        let answer = images(&site, &text(&made["key"])).await;
        (answer.status != StatusCode::OK).then_some(answer)
    });
    let refused = refused.await;
    assert_eq!(
        (refused.status, &refused.json()["detail"]),
        (StatusCode::UNAUTHORIZED, &json!("This key has expired."))
    );
    assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
}

/// At each place another character: the table is not asked.
#[tokio::test]
async fn mistyped_key_is_refused_without_a_look_up() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    for at in 0..key.len() {
        let other = if &key[at..=at] == "7" { "8" } else { "7" };
        let mistyped = [&key[..at], other, &key[at + 1..]].concat();
        assert_eq!(images(&site, &mistyped).await.status, StatusCode::UNAUTHORIZED, "{mistyped} for {key}");
    }
    assert_eq!(site.faults.calls(Step::Read), 0);
}

#[tokio::test]
async fn key_is_looked_up_once_be_it_known_or_not() {
    let site = Site::start_with_keys().await;
    let (known, other) = (site.key("ann", &["images:read"]).await, Site::start_with_keys().await);
    let unknown = other.key("ann", &["images:read"]).await;
    for (key, status, look_ups) in [(&known, StatusCode::OK, 1), (&unknown, StatusCode::UNAUTHORIZED, 2)] {
        for _ in 0..5 {
            assert_eq!(images(&site, key).await.status, status);
            assert_eq!(site.faults.calls(Step::Read), look_ups);
        }
    }
}

/// As beside a newer version, or after one.
#[tokio::test]
async fn key_that_only_a_newer_version_understands_opens_nothing_and_can_be_revoked() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    let table = rusqlite::Connection::open(site.folder.0.join("catalog.sqlite")).unwrap();
    table.busy_timeout(PATIENCE).unwrap();
    let newer = "UPDATE accounts SET item_json = replace(item_json, 'images:read', 'images:admire')";
    assert_eq!(table.execute(newer, []).unwrap(), 1);
    let refused = images(&site, &key).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
    // A repetition finds it too.
    for _ in 0..2 {
        assert_eq!(revoke(&site, &key).await, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn header_that_brings_no_key_is_401() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    for header in ["", "Bearer", "Bearer ", "Basic YW5uOmFubg==", &key, &format!("Bearer {ADMIN_KEY}x")] {
        let answer = read(site.request(Method::GET, "/images").header("authorization", header)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{header}: {answer:?}");
    }
    let lower = read(site.request(Method::GET, "/images").header("authorization", format!("bearer {key}"))).await;
    assert_eq!(lower.status, StatusCode::OK);
}

#[tokio::test]
async fn key_that_makes_no_sense_is_refused_by_its_field() {
    let site = Site::start_with_keys().await;
    for (new, field) in [
        (json!({ "owner": "", "scopes": ["admin"] }), "owner"),
        (json!({ "owner": "ann smith", "scopes": ["admin"] }), "owner"),
        (json!({ "owner": "a".repeat(65), "scopes": ["admin"] }), "owner"),
        (json!({ "owner": "ann", "scopes": [] }), "scopes"),
        (json!({ "owner": "ann", "scopes": ["admin"], "name": "x".repeat(101) }), "name"),
        (json!({ "owner": "ann", "scopes": ["admin"], "name": "a\u{202e}b" }), "name"),
        (json!({ "owner": "ann", "scopes": ["admin"], "expires_in": 0 }), "expires_in"),
        (json!({ "owner": "ann", "scopes": ["admin"], "expires_in": 315_360_001 }), "expires_in"),
    ] {
        let refused = make(&site, new).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{refused:?}"
        );
    }
    let unknown = make(&site, json!({ "owner": "ann", "scopes": ["images:write"] })).await;
    assert!(unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.text.contains("images:read"), "{unknown:?}");
}

#[tokio::test]
async fn site_that_others_may_reach_does_not_start_without_a_key() {
    let folder = Folder::new();
    let mut command = crate::program();
    command.arg("--data").arg(&folder.0).args(["--listen", "0.0.0.0:0", "--s3-listen", "127.0.0.1:0"]);
    command.args(["--public-url", "http://localhost:8080", "--s3-public-url", "http://localhost:9000"]);
    let command = command.env_remove("RUST_BACKTRACE").kill_on_drop(true);
    let ended = timeout(PATIENCE, command.output()).await;
    let refused = ended.expect("it ends by itself").unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.lines().count() == 1 && said.contains("TINTYPE_ADMIN_KEY"), "{said}");
    assert!(!folder.0.exists(), "nothing was begun");
}
