//! Whom the endpoint answers, and what a browser may do with the answer.

use std::sync::{Arc, Mutex};

use super::{
    answer::{Answer, Sent},
    site::{MAX_OBJECT_BYTES, PAGE, Site, minutes},
};

#[tokio::test]
async fn foreign_host_is_refused() {
    let site = Site::start().await;
    for host in ["evil.test", "localhost.evil.test:9000", "127.0.0.2", "localhost."] {
        let answer = Sent::plain("GET", "/originals/cat").header("host", host).to(&site).await;
        assert_eq!(answer.status, 421, "{host}");
    }
    for host in ["localhost:9000", "LocalHost", "[::1]:9000", "127.0.0.1", "tintype.test:443"] {
        let answer = Sent::plain("GET", "/originals/cat").header("host", host).to(&site).await;
        assert_eq!((answer.status, answer.code()), (403, "AccessDenied"), "{host}");
    }
    let absolute = Sent::plain("GET", "http://evil.test/originals/cat").header("host", "localhost");
    assert_eq!(absolute.to(&site).await.status, 421);
}

#[tokio::test]
async fn foreign_origin_is_refused_without_cors() {
    let site = Site::start().await;
    let grant = site.grant("cat").await;
    for origin in ["http://evil.test", "null", "http://localhost:8081"] {
        let answer = Sent::presigned(&grant, b"hello").header("origin", origin).to(&site).await;
        assert_eq!(answer.status, 403, "{origin}");
        let preflight = Sent::plain("OPTIONS", "/originals/cat").header("origin", origin).to(&site).await;
        assert_eq!(preflight.status, 403, "{origin}");
        let cors = answer.headers.keys().chain(preflight.headers.keys()).filter(|name| name.starts_with("access-"));
        assert_eq!(cors.count(), 0, "{origin}");
    }
    site.assert_empty().await;
}

#[tokio::test]
async fn the_page_may_put_and_read_every_answer() {
    let site = Site::start().await;
    let grant = site.grant("cat").await;
    for status in [200, 412] {
        let answer = Sent::presigned(&grant, b"hello").header("origin", PAGE).to(&site).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, Some(PAGE)));
        assert_eq!(answer.header("access-control-expose-headers"), Some("etag"));
    }
    let refused = Sent::plain("GET", "/originals/cat").header("origin", PAGE).to(&site).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (403, Some(PAGE)));
}

#[tokio::test]
async fn preflight_allows_what_the_page_sends() {
    let site = Site::start().await;
    let preflight = Sent::plain("OPTIONS", "/originals/cat")
        .header("origin", PAGE)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-private-network", "true");
    let answer = preflight.to(&site).await;
    let allowed = |name: &str| answer.header(&format!("access-control-{name}")).unwrap_or_default().to_owned();
    assert_eq!(answer.status, 200);
    assert_eq!(allowed("allow-origin"), PAGE);
    assert_eq!(allowed("allow-methods"), "PUT,GET,HEAD");
    assert_eq!(allowed("allow-headers"), "content-type,if-none-match,x-amz-checksum-sha256");
    assert_eq!(allowed("max-age"), "3600");
    assert_eq!(allowed("allow-private-network"), "true");
}

#[tokio::test]
async fn html_in_the_originals_never_renders() {
    let site = Site::start().await;
    let put = site.s3.put_object().bucket("originals").key("page").content_type("text/html");
    put.body(b"<script>".to_vec().into()).send().await.unwrap();
    let get = site.s3.get_object().bucket("originals").key("page").presigned(minutes(15)).await.unwrap();
    let answer = Sent::presigned(&get, b"").to(&site).await;
    assert_eq!(answer.header("content-disposition"), Some("attachment"));
    assert_eq!(answer.header("content-security-policy"), Some("sandbox"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn signature_version_2_and_forms_are_refused() {
    let site = Site::start().await;
    let query = Sent::plain("GET", "/originals/cat?AWSAccessKeyId=key&Expires=4102444800&Signature=abc");
    assert_eq!(query.to(&site).await.status, 403);
    let header = Sent::plain("GET", "/originals/cat").header("authorization", "AWS key:abc").header("date", "now");
    assert_eq!(header.to(&site).await.status, 403);
    let form = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\ncat\r\n--x--\r\n";
    let post = Sent::plain("POST", "/originals").header("content-type", "multipart/form-data; boundary=x");
    let answer = post.header("content-length", &form.len().to_string()).body(form.as_bytes()).to(&site).await;
    assert_eq!(answer.status / 100, 4);
    site.assert_empty().await;
}

#[tokio::test]
async fn a_refused_upload_can_be_sent_to_its_end_and_then_learns_why() {
    let site = Site::start().await;
    let body = vec![7; 8 * 1024 * 1024];
    let put = Sent::presigned(&site.grant("cat").await, &body).header("content-length", &body.len().to_string());
    let answer: Answer = put.to(&site).await;
    assert_eq!((answer.status, answer.code()), (403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_refused_before_it_is_sent() {
    let site = Site::start().await;
    let bytes = MAX_OBJECT_BYTES + 1;
    let put = site.s3.put_object().bucket("originals").key("cat").content_length(bytes as i64);
    let sent = Sent::presigned(&put.presigned(minutes(15)).await.unwrap(), b"").header("expect", "100-continue");
    let answer = sent.to(&site).await;
    assert_eq!((answer.status, answer.code()), (400, "EntityTooLarge"));
    site.assert_empty().await;
}

#[tokio::test]
async fn presigned_urls_are_never_logged() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&log);
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Log(Arc::clone(&writer)))
        .finish();
    let _on = tracing::subscriber::set_default(subscriber);
    let site = Site::start().await;
    let grant = Sent::presigned(&site.grant("cat").await, b"hello");
    log.lock().unwrap().clear();
    for status in [200, 412] {
        assert_eq!(grant.to(&site).await.status, status);
    }
    assert_eq!(grant.header("content-length", "6").body(b"hello!").to(&site).await.status, 403);
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("Signature") && !log.contains("/originals/cat"), "{log}");
}

struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
