//! Whatever is uploaded under whatever type, no browser takes what is served for a page, a drawing or a script.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{
    pictures,
    site::{Answer, Site, text},
    wire::Wire,
};

const HTML: &[u8] = b"<!doctype html><script>alert(1)</script>";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";

/// What a browser may run, and pictures that are something else as well.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let jpeg = pictures::jpeg(16, 16);
    let comment = [&[0xff, 0xfe, 0, HTML.len() as u8 + 2], HTML].concat();
    vec![
        ("html", HTML.into()),
        ("svg", SVG.into()),
        ("xml", [b"<?xml version='1.0'?>", SVG].concat()),
        ("xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>".into()),
        ("js", b"alert(1)".into()),
        ("pdf", b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj".into()),
        ("html behind spaces", [&[b' '; 600], HTML].concat()),
        ("html behind a mark", ["\u{feff}".as_bytes(), HTML].concat()),
        ("gif and js", b"GIF89a/*\0\0\0\0\0*/=1;alert(1)//;".into()),
        ("jpeg with html", [&jpeg[..2], &comment, &jpeg[2..], HTML].concat()),
        ("png with svg", [&pictures::png(16, 16)[..], SVG].concat()),
        ("webp with js", [&pictures::webp(16, 16)[..], b"/**/alert(1)"].concat()),
        ("gif with html", [&pictures::gif(16, 16, 2)[..], HTML].concat()),
    ]
}

const NO_PICTURES: [&str; 6] =
    ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/javascript", "application/pdf"];

/// Uploads it under a type that the API takes; `None` where it does not take it.
async fn declared(site: &Site, body: &[u8], content_type: &Value) -> Option<String> {
    let new = json!({ "filename": "page.html", "bytes": body.len(), "content_type": content_type });
    let answer = site.post("/uploads", new).await;
    if answer.status == 415 {
        return None;
    }
    assert_eq!(site.put(&answer.json(), body).await, 200);
    Some(text(&answer.json()["id"]))
}

/// Uploads it by the redirect, whose grant binds no type, under any type at all.
async fn redirected(site: &Site, body: &[u8], content_type: &str) -> String {
    let redirect = Wire::new("PUT", &format!("{}/uploads/page.html", site.url()), body).send().await;
    let put = Wire::new("PUT", redirect.headers["location"].to_str().unwrap(), body);
    assert!(put.and_header("content-type", content_type).send().await.is_success());
    redirect.headers["content-location"].to_str().unwrap().trim_start_matches("/images/").to_owned()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Follows the link to what lies in the bucket: its headers, and its bytes as text.
async fn served(site: &Site, link: &str) -> (HeaderMap, String) {
    let Answer { headers, .. } = site.get(link).await;
    let answer = site.client.get(header(&headers, "location")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{link}");
    (answer.headers().clone(), String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned())
}

/// How much of an image was looked at.
async fn assert_harmless(site: &Site, what: &str, id: &str) -> usize {
    let image = site.settled(id).await;
    let (headers, _) = served(site, &format!("/images/{id}/original")).await;
    let seen = ["content-type", "x-content-type-options", "content-security-policy"].map(|name| header(&headers, name));
    assert_eq!(seen, ["application/octet-stream", "nosniff", "sandbox"], "{what}");
    assert!(header(&headers, "content-disposition").starts_with("attachment"), "{what}: {headers:?}");
    let links = image["links"]["renditions"].as_object().unwrap();
    for (name, link) in links {
        let (headers, body) = served(site, &text(link)).await;
        let content_type = format!("image/{}", name.split('-').next().unwrap());
        let seen = ["content-type", "x-content-type-options"].map(|name| header(&headers, name));
        assert_eq!(seen, [content_type.as_str(), "nosniff"], "{what}");
        assert!(!body.contains("alert"), "{what}: {name} was made anew");
    }
    1 + links.len()
}

#[tokio::test]
async fn nothing_that_was_uploaded_is_served_as_what_a_browser_runs() {
    let site = Site::start().await;
    let told = site.get("/config").await.json()["content_types"].as_array().unwrap().clone();
    let accepted = told.into_iter().chain([json!("application/octet-stream"), Value::Null]);
    let types: Vec<Value> = accepted.chain(NO_PICTURES.map(Value::from)).collect();
    let (mut served, mut refused) = (0, 0);
    for (what, body) in bodies() {
        for content_type in &types {
            match declared(&site, &body, content_type).await {
                Some(id) => served += assert_harmless(&site, &format!("{what} as {content_type}"), &id).await,
                None => refused += 1,
            }
        }
        for content_type in NO_PICTURES {
            let id = redirected(&site, &body, content_type).await;
            served += assert_harmless(&site, &format!("{what} sent as {content_type}"), &id).await;
        }
    }
    println!(
        "{} bodies, {} types: {refused} refused, {served} objects served, 0 of them to be run",
        bodies().len(),
        types.len()
    );
    assert_eq!(refused, bodies().len() * NO_PICTURES.len());
    assert!(served >= 13 * 17, "{served}");
}
