//! Two owners on one site: neither learns anything of the other's images, not even that they are there.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    operations::{address, operations},
    pictures,
    site::{ADMIN_KEY, Answer, Site, eventually, put_request, read, text},
};

const SCOPES: [&str; 3] = ["uploads:create", "images:read", "images:delete"];
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const UNKNOWN: &str = "0000000000000000000000000z";
const MALFORMED: [&str; 6] =
    ["nope", "0000000000000000000000000Z", "8000000000000000000000000z", "%00", "..%2f", "%E2%80%AE"];

struct Person {
    key: String,
    /// In each of the states that an image may be in, one that is gone among them.
    images: Vec<String>,
}

impl Person {
    async fn settle(site: &Site, name: &str) -> Self {
        let key = site.key(name, &SCOPES).await;
        let (photo, secret) = (pictures::jpeg(64, 48), format!("secret-of-{name}.jpg"));
        let ready = upload(site, &key, &secret, &photo).await;
        let failed = upload(site, &key, &secret, b"no picture").await;
        let awaited = text(&grant(site, &key, &secret, &photo).await["id"]);
        let deleted = upload(site, &key, &secret, &photo).await;
        let gone = read(site.request_by(&key, Method::DELETE, &format!("/images/{deleted}"))).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        Self { key, images: vec![ready, failed, awaited, deleted] }
    }

    /// Who and when, but no URLs, which are signed anew.
    async fn seen(&self, site: &Site) -> Vec<Value> {
        let listed = read(site.request_by(&self.key, Method::GET, "/images?limit=100")).await.json();
        let facts = ["id", "status", "status_changed_at", "filename", "metadata", "preset"];
        let images = listed["images"].as_array().unwrap().iter();
        images.map(|image| facts.iter().map(|fact| image[fact].clone()).collect()).collect()
    }
}

async fn grant(site: &Site, key: &str, filename: &str, bytes: &[u8]) -> Value {
    let new = json!({ "filename": filename, "bytes": bytes.len() });
    read(site.request_by(key, Method::POST, "/uploads").json(&new)).await.json()
}

/// The id of an image that nothing more happens to.
async fn upload(site: &Site, key: &str, filename: &str, bytes: &[u8]) -> String {
    let grant = grant(site, key, filename, bytes).await;
    assert_eq!(read(put_request(&site.client, &grant, bytes)).await.status, StatusCode::OK);
    let id = text(&grant["id"]);
    let settled = async || {
        let image = read(site.request_by(key, Method::GET, &format!("/images/{id}?wait=10"))).await.json();
        ["ready", "failed"].contains(&image["status"].as_str().unwrap()).then_some(())
    };
    eventually(settled).await;
    id
}

/// All of an answer but the moment that it was given at.
fn shown(answer: &Answer) -> (StatusCode, BTreeSet<String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    (answer.status, headers.map(|(name, value)| format!("{name}: {value:?}")).collect(), answer.text.clone())
}

/// Every path that is about one image or key, by every method: another's is answered as one that there is not.
#[tokio::test]
async fn foreign_unknown_and_malformed_ids_are_answered_alike_on_every_route() {
    let site = Site::start_with_keys().await;
    let people = [Person::settle(&site, "ann").await, Person::settle(&site, "bob").await];
    let before = [people[0].seen(&site).await, people[1].seen(&site).await];
    let (mut asked, mut leaks) = (0, vec![]);
    let operations = operations(&site).await;
    let paths: BTreeSet<_> = operations.iter().filter(|each| each.is_about_one()).map(|each| &each.path).collect();
    for (path, method) in paths.iter().flat_map(|path| METHODS.map(|method| (*path, method))) {
        // There the id is the name of a new upload.
        if (method, path.as_str()) == ("PUT", "/uploads/{id}") {
            continue;
        }
        for (person, other) in [(&people[0], &people[1]), (&people[1], &people[0])] {
            let ask = async |id: &str| {
                let request = site.request_by(&person.key, method.parse().unwrap(), &address(path, id));
                shown(&read(request.header("x-request-id", "the-same")).await)
            };
            let (unknown, foreign_key) = (ask(UNKNOWN).await, &other.key[3..19]);
            assert!(unknown.0.is_client_error(), "{method} {path}: {unknown:?}");
            let foreign = other.images.iter().map(String::as_str).chain([foreign_key]);
            for id in foreign.chain(MALFORMED) {
                let answer = ask(id).await;
                asked += 1;
                if answer != unknown {
                    leaks.push(format!("{method} {path} of {id}: {answer:?} and not {unknown:?}"));
                }
            }
        }
    }
    println!("{asked} requests by {} methods on {} paths: {} leaks", METHODS.len(), paths.len(), leaks.len());
    assert_eq!(leaks, [""; 0]);
    assert_eq!([people[0].seen(&site).await, people[1].seen(&site).await], before, "nothing was changed");
}

/// Each with an image of its own: some of them remove it.
#[tokio::test]
async fn own_image_is_answered_on_every_route() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &SCOPES).await;
    for operation in operations(&site).await.iter().filter(|each| each.path.contains("{id}")) {
        let id = upload(&site, &key, "a.jpg", &pictures::jpeg(64, 48)).await;
        let answer = read(operation.request(&site, &id).bearer_auth(&key)).await;
        let status = answer.status.as_str().to_owned();
        assert!(
            !["401", "403", "404"].contains(&&*status) && operation.statuses.contains(&status),
            "{operation}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn list_shows_an_owner_s_own_alone() {
    let site = Site::start_with_keys().await;
    let (ann, bob) = (Person::settle(&site, "ann").await, Person::settle(&site, "bob").await);
    // Of an owner's first image, which is ready.
    let told = async |key: &str, of: &Person| {
        let ask = |path: &str| read(site.request_by(key, Method::GET, path));
        let (images, told) = (ask("/images").await, ask("/local/notifications").await);
        [images.text, told.text].map(|text| text.contains(&of.images[0]))
    };
    for (person, other) in [(&ann, &bob), (&bob, &ann)] {
        // Once its own have been announced.
        eventually(async || (told(&person.key, person).await == [true, true]).then_some(())).await;
        assert_eq!(told(&person.key, other).await, [false, false], "one is told of the other's");
    }
    let admin = read(site.request_by(ADMIN_KEY, Method::GET, "/images")).await;
    assert_eq!(admin.status, StatusCode::FORBIDDEN, "keys are for administrators, images are for owners");
}
