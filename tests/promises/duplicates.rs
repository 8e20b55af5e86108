//! What it costs when the same is told a thousand times.

use crate::{
    logged::Logged,
    pictures,
    site::{self, client, eventually, put_request, read, settled, text},
};
use serde_json::json;

const DUPLICATES: usize = 1000;

/// What the database was asked, one operation a line.
fn asked(log: &str) -> Vec<&str> {
    let lines = log.lines().filter(|line| line.contains("the database was asked"));
    lines.map(|line| line.split("operation=").nth(1).unwrap().split(' ').next().unwrap().trim_matches('"')).collect()
}

#[tokio::test]
async fn duplicate_of_an_event_costs_one_conditional_write() {
    let process = Logged::start(&[("TINTYPE_LOG", "local::database=trace"), ("NO_COLOR", "1")]).await;
    let (client, photo) = (client(), pictures::png(8, 8));
    let new = json!({ "filename": "a.png", "bytes": photo.len() });
    let grant = read(client.post(format!("{}/uploads", process.url)).json(&new)).await.json();
    assert!(read(put_request(&client, &grant, &photo)).await.status.is_success());
    settled(&client, &process.url, &text(&grant["id"])).await;
    let database = rusqlite::Connection::open(process.folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    let left = || database.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    eventually(async || (left() == 0).then_some(())).await;
    let duplicates = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {DUPLICATES})
         INSERT INTO events (name, bucket, key, bytes, etag, at)
         SELECT 'ObjectCreated:Put', bucket, key, bytes, etag, modified_at FROM objects, n WHERE bucket = 'originals'"
    );
    assert_eq!(database.execute(&duplicates, []).unwrap(), DUPLICATES);
    eventually(async || (left() == 0).then_some(())).await;
    drop(database);
    let (_, log) = process.end().await;
    let asked = asked(&log);
    let counted = |operation: &str| asked.iter().filter(|asked| **asked == operation).count();
    // The first event claimed, finished and marked its image.
    let (writes, puts) = (counted("UpdateItem") - 3, counted("PutItem") - 1);
    println!("{DUPLICATES} duplicates: {writes} conditional writes, {puts} others; in all {} questions", asked.len());
    assert_eq!((writes, puts), (DUPLICATES, 0));
    assert!(asked.len() < DUPLICATES + 300, "nothing else is asked for each of them");
}
