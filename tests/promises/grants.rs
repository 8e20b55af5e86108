//! What a grant allows, and what it does not.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::faults::{Fault, Gate, Step};

use crate::{
    pictures,
    site::{Site, eventually, put_request, read, text},
};

#[tokio::test]
async fn presigned_url_signs_exactly_what_s3_can_check() {
    let site = Site::start().await;
    let hash = hex::encode(Sha256::digest(b"12345"));
    let grant = site.post("/uploads", json!({ "filename": "a.png", "bytes": 5, "sha256": hash })).await.json();
    let url = text(&grant["upload"]["url"]);
    let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256";
    assert!(url.contains(signed) && !url.contains("crc32"), "{url}");
    let expected = json!({ "content-type": "image/png", "if-none-match": "*", "x-amz-checksum-sha256": BASE64.encode(Sha256::digest(b"12345")) });
    assert_eq!(grant["upload"]["headers"], expected);
}

#[tokio::test]
async fn every_type_that_is_told_is_granted() {
    let site = Site::start().await;
    let told = site.get("/config").await.json()["content_types"].clone();
    let expected = ["jpeg", "png", "webp", "gif", "heic", "heif", "avif", "tiff", "bmp"];
    assert_eq!(told, json!(expected.map(|format| format!("image/{format}"))));
    for content_type in told.as_array().unwrap() {
        let new = json!({ "filename": "a", "bytes": 5, "content_type": content_type });
        let grant = site.post("/uploads", new).await.json();
        assert_eq!(grant["upload"]["headers"]["content-type"], *content_type);
    }
}

#[tokio::test]
async fn presigned_url_refuses_any_change() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    let hash = hex::encode(Sha256::digest(&bytes));
    let new = json!({ "filename": "a.png", "bytes": bytes.len(), "sha256": hash });
    let grant = site.post("/uploads", new).await.json();
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    let longer = [bytes.as_slice(), b"!"].concat();
    let altered = |edit: &dyn Fn(&mut Value)| {
        let mut altered = grant.clone();
        edit(&mut altered["upload"]);
        altered
    };
    let edited_url = |from: &str, to: &str| altered(&|put| put["url"] = text(&put["url"]).replace(from, to).into());
    for (what, grant, body) in [
        ("another type", altered(&|put| put["headers"]["content-type"] = "text/html".into()), &bytes),
        ("no type", altered(&|put| drop(put["headers"].as_object_mut().unwrap().remove("content-type"))), &bytes),
        ("no condition", altered(&|put| drop(put["headers"].as_object_mut().unwrap().remove("if-none-match"))), &bytes),
        (
            "no hash",
            altered(&|put| drop(put["headers"].as_object_mut().unwrap().remove("x-amz-checksum-sha256"))),
            &bytes,
        ),
        ("an unsigned header", altered(&|put| put["headers"]["x-amz-acl"] = "public-read".into()), &bytes),
        ("another body", grant.clone(), &other),
        ("a longer body", grant.clone(), &longer),
        ("another bucket", edited_url("/originals/", "/renditions/"), &bytes),
        ("another key", edited_url(&text(&grant["id"]), "00000000000000000000000000"), &bytes),
        ("a longer life", edited_url("X-Amz-Expires=900", "X-Amz-Expires=901"), &bytes),
        ("another signature", edited_url("X-Amz-Signature=", "X-Amz-Signature=0"), &bytes),
    ] {
        let status = site.put(&grant, body).await;
        assert!(status.is_client_error(), "{what}: {status}");
    }
    assert_eq!(site.objects(), [""; 0], "nothing of it is visible");
    assert_eq!(site.put(&grant, &bytes).await, StatusCode::OK, "the grant itself still works");
}

#[tokio::test]
async fn presigned_url_works_for_no_other_method() {
    let site = Site::start().await;
    let grant = site.grant("a.png", b"12345").await;
    for method in [Method::GET, Method::HEAD, Method::DELETE, Method::POST] {
        let answer = read(site.client.request(method.clone(), text(&grant["upload"]["url"]))).await;
        assert!(
            answer.status.is_client_error() || answer.status == StatusCode::NOT_IMPLEMENTED,
            "{method}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn expired_url_is_refused_and_a_renewed_one_works() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    let grant =
        site.post("/uploads", json!({ "filename": "a.png", "bytes": bytes.len(), "expires_in": 1 })).await.json();
    let upload = text(&grant["links"]["upload"]);
    eventually(async || site.get(&upload).await.json()["upload"].is_null().then_some(())).await;
    let late = eventually(async || {
        let status = site.put(&grant, b"no").await;
        (status == StatusCode::FORBIDDEN).then_some(status)
    });
    late.await;
    let renewed = site.post(&text(&grant["links"]["renew"]), json!({})).await;
    assert_eq!(renewed.status, StatusCode::OK);
    assert_eq!(renewed.json()["id"], grant["id"]);
    assert_eq!(site.put(&renewed.json(), &bytes).await, StatusCode::OK);
}

#[tokio::test]
async fn original_cannot_be_overwritten() {
    let site = Site::start().await;
    let (first, second) = (pictures::png(40, 30), pictures::png(30, 40));
    let grant = site.grant("a.png", &first).await;
    assert_eq!(site.put(&grant, &first).await, StatusCode::OK);
    assert_eq!(site.put(&grant, &first).await, StatusCode::PRECONDITION_FAILED);
    assert!(site.put(&grant, &second).await.is_client_error());
    let image = site.settled(&text(&grant["id"])).await;
    assert_eq!(image["original"]["width"], json!(40));
    let renewed = site.post(&text(&grant["links"]["renew"]), json!({})).await;
    assert_eq!((renewed.status, &renewed.json()["code"]), (StatusCode::CONFLICT, &json!("already_uploaded")));
}

#[tokio::test]
async fn same_idempotency_key_leads_to_one_image() {
    let site = Site::start().await;
    let ask = |filename: &str| {
        let new = json!({ "filename": filename, "bytes": 5 });
        read(site.request(Method::POST, "/uploads").header("idempotency-key", "holiday-1").json(&new))
    };
    let (a, b, c) = tokio::join!(ask("a.png"), ask("a.png"), ask("a.png"));
    for answer in [&a, &b, &c] {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.json()["id"], a.json()["id"]);
    }
    let other = ask("b.png").await;
    assert_eq!(
        (other.status, &other.json()["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"))
    );
    assert_eq!(site.get("/images").await.json()["images"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn url_outlives_a_restart() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    let grant = site.grant("a.png", &bytes).await;
    let (old, id) = (site.s3_url().to_owned(), text(&grant["id"]));
    let site = site.restart().await;
    // On port 0 the address is another one: what was signed for the old one is sent to the new one.
    let url = text(&grant["upload"]["url"]).replace(&old, site.s3_url());
    let mut moved = grant.clone();
    moved["upload"]["url"] = url.into();
    let request = put_request(&site.client, &moved, &bytes).header("host", old.trim_start_matches("http://"));
    assert_eq!(read(request).await.status, StatusCode::OK);
    assert_eq!(site.settled(&id).await["status"], "ready");
}

#[tokio::test]
async fn given_up_upload_is_gone_and_what_still_arrives_is_removed() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    let grant = site.grant("a.png", &bytes).await;
    let upload = text(&grant["links"]["upload"]);
    assert_eq!(site.delete(&upload).await, StatusCode::NO_CONTENT);
    assert_eq!(site.get(&upload).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.delete(&upload).await, StatusCode::NOT_FOUND);
    assert_eq!(site.put(&grant, &bytes).await, StatusCode::OK);
    eventually(async || site.objects().is_empty().then_some(())).await;
}

#[tokio::test]
async fn metadata_comes_back_as_it_was_given() {
    let site = Site::start().await;
    let metadata = json!({ "x": 1e300, "y": 1e-200, "": 1, "z": 0.1, "n": null, "deep": [[[[[[[["b\u{fc}"]]]]]]]] });
    let new = json!({ "filename": "a.png", "bytes": 5, "metadata": metadata });
    let granted = site.post("/uploads", new).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{granted:?}");
    assert_eq!(site.get(granted.header("location")).await.json()["metadata"], metadata);
}

#[tokio::test]
async fn upload_that_ends_while_it_is_asked_for_again_is_granted_no_more() {
    let site = Site::start().await;
    for renewed in [false, true] {
        let ask = || {
            let ask = site.request(Method::POST, "/uploads").header("idempotency-key", renewed.to_string());
            ask.json(&json!({ "filename": "a.png", "bytes": 1 }))
        };
        let id = text(&read(ask()).await.json()["id"]);
        let renew = site.request(Method::POST, &format!("/uploads/{id}/renew"));
        let gate = Gate::default();
        site.faults.inject(Step::Extend, Fault::Held(gate.clone()), 1);
        let again = tokio::spawn(read(if renewed { renew } else { ask() }));
        gate.reached().await;
        assert_eq!(site.delete(&format!("/uploads/{id}")).await, StatusCode::NO_CONTENT);
        gate.open();
        let refused = if renewed { StatusCode::NOT_FOUND } else { StatusCode::GONE };
        assert_eq!(again.await.unwrap().status, refused);
    }
}
