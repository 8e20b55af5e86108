//! What must hold once everything has settled, whatever went wrong: read from all that is left behind.

use serde_json::Value;

use crate::{
    pictures,
    site::{Site, eventually, keys, text},
};

impl Site {
    /// Waits until nothing is under way, then looks at every record, object and notification.
    pub async fn hold_the_invariants(&self) {
        eventually(async || (self.events() == 0).then_some(())).await;
        let images = self.get("/images?limit=100").await.json();
        assert_eq!(images["next"], Value::Null, "a test with so many images must page");
        let images = images["images"].as_array().unwrap();
        for image in images {
            self.is_settled_and_true(image).await;
        }
        let mut expected: Vec<_> = images.iter().flat_map(keys).collect();
        expected.sort();
        assert_eq!(self.objects(), expected, "no object without a record, and no record without its objects");
        self.was_told_once(images).await;
    }

    async fn is_settled_and_true(&self, image: &Value) {
        match image["status"].as_str().unwrap() {
            "ready" => {}
            "failed" => {
                let error = &image["error"];
                assert!(error["code"].is_string() && error["detail"].is_string(), "{image}");
            }
            other => panic!("{other}: {image}"),
        }
        for made in image["renditions"].as_array().unwrap() {
            let answer = self.client.get(text(&made["url"])).send().await.unwrap();
            let bytes = answer.bytes().await.unwrap();
            assert_eq!(made["bytes"], bytes.len(), "{made}");
            let size = pictures::size(&bytes);
            assert_eq!((&made["width"], &made["height"]), (&size.0.into(), &size.1.into()), "{made}");
        }
    }

    /// One event for each result; told again at the most with the same id.
    async fn was_told_once(&self, images: &[Value]) {
        let told = self.get("/local/notifications").await.json();
        let told = told["notifications"].as_array().unwrap();
        for image in images {
            let of_it: Vec<_> = told.iter().filter(|event| event["image_id"] == image["id"]).collect();
            assert!(!of_it.is_empty(), "nobody was told of {image}");
            assert!(of_it.iter().all(|event| event["event_id"] == of_it[0]["event_id"]), "{of_it:?}");
        }
    }

    /// Events that are not dealt with yet; dead letters among them.
    pub fn events(&self) -> i64 {
        self.database().query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap()
    }

    pub fn database(&self) -> rusqlite::Connection {
        tests::services::objects(&self.folder.0).unwrap()
    }

    /// From now on the bucket's word of an original does not arrive.
    pub fn lose_events(&self) {
        tests::services::lose_events(&self.folder.0).unwrap();
    }

    pub fn keep_events(&self) {
        self.database().execute_batch("DROP TRIGGER lost").unwrap();
    }

    /// What the bucket tells of an original, as the queue hands it over.
    pub fn event(&self, id: &str) -> String {
        tests::services::event(&self.folder.0, id).unwrap()
    }

    /// The bucket tells of an original once more.
    pub fn repeat_the_event(&self, id: &str) {
        self.database()
            .execute(
                "INSERT INTO events (name, bucket, key, bytes, etag, at) \
                 SELECT 'ObjectCreated:Put', bucket, key, bytes, etag, modified_at FROM objects \
                 WHERE bucket = 'originals' AND key = ?",
                [id],
            )
            .unwrap();
    }
}
