//! Events: stored with the object, handed out until they are acknowledged.

use std::time::Duration;

use processor::Busy;
use store::{ImageId, Timestamp};

use super::site::Site;
use crate::{queue, s3::Event};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn event_is_stored_with_the_object() {
    let site = Site::start().await;
    let arrival = site.shelf.arrivals().notified();
    site.put("cat", b"hello").await;
    arrival.await;
    let events = site.events().await;
    assert_eq!(events.len(), 1);
    let record = &events[0]["Records"][0];
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    assert_eq!(record["s3"]["bucket"]["name"], "originals");
    let object = &record["s3"]["object"];
    assert_eq!((object["key"].as_str(), object["size"].as_i64()), (Some("cat"), Some(5)));
    assert_eq!(object["eTag"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(object["sequencer"], "0000000000000001");
}

#[tokio::test]
async fn a_rendition_leaves_no_event() {
    let site = Site::start().await;
    site.s3.put_object().bucket("renditions").key("cat").body(b"x".to_vec().into()).send().await.unwrap();
    assert!(site.events().await.is_empty());
}

#[tokio::test]
async fn event_keys_are_form_encoded() {
    let site = Site::start().await;
    site.put("a b/ü+&.jpg", b"x").await;
    assert_eq!(site.events().await[0]["Records"][0]["s3"]["object"]["key"], "a+b/%C3%BC%2B%26.jpg");
}

async fn due(site: &Site, hold: Duration) -> Vec<Event> {
    site.shelf.next_events(10, hold).await.unwrap()
}

#[tokio::test]
async fn events_come_in_order_and_are_hidden_while_they_are_held() {
    let site = Site::start().await;
    for key in ["a", "b", "c"] {
        site.put(key, b"x").await;
    }
    let first = site.shelf.next_events(2, HOUR).await.unwrap();
    let rest = due(&site, HOUR).await;
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert!(first[0].sequence < first[1].sequence && first[1].sequence < rest[0].sequence);
    assert!(due(&site, HOUR).await.is_empty());
}

#[tokio::test]
async fn an_event_that_came_too_early_may_fail_as_often_as_any() {
    let site = Site::start().await;
    site.put("cat", b"x").await;
    for _ in 0..10 {
        let [event] = due(&site, Duration::ZERO).await.try_into().unwrap();
        let busy = Busy { id: ImageId::random().unwrap(), until: Timestamp::from_unix_seconds(0) };
        queue::close(&site.shelf, &event, &Err(busy.into())).await.unwrap();
        site.shelf.postpone(event.sequence, Duration::ZERO).await.unwrap();
    }
    for faults in 0..5 {
        let [event] = due(&site, Duration::ZERO).await.try_into().expect("it is no dead letter yet");
        assert_eq!(event.faults, faults);
        queue::close(&site.shelf, &event, &Err(anyhow::anyhow!("a fault"))).await.unwrap();
        site.shelf.postpone(event.sequence, Duration::ZERO).await.unwrap();
    }
    assert!(due(&site, Duration::ZERO).await.is_empty());
}

#[tokio::test]
async fn an_event_is_not_hidden_for_ever_by_a_clock_that_was_set_back() {
    let site = Site::start().await;
    site.put("cat", b"x").await;
    let rows = rusqlite::Connection::open(site.folder.0.join("objects.sqlite")).unwrap();
    let tomorrow = Timestamp::now().plus_seconds(86_400).unix_milliseconds();
    rows.execute("UPDATE events SET visible_at = ?", [tomorrow]).unwrap();
    assert_eq!(due(&site, HOUR).await.len(), 1);
    assert!(due(&site, HOUR).await.is_empty(), "it is in hand");
}

#[tokio::test]
async fn acknowledged_postponed_and_buried_events_do_not_come() {
    let site = Site::start().await;
    for key in ["a", "b", "c", "d"] {
        site.put(key, b"x").await;
    }
    let [a, b, c, d] = due(&site, HOUR).await.try_into().unwrap();
    site.shelf.acknowledge(a.sequence).await.unwrap();
    site.shelf.postpone(b.sequence, HOUR).await.unwrap();
    site.shelf.bury(c.sequence).await.unwrap();
    site.shelf.postpone(d.sequence, Duration::ZERO).await.unwrap();
    let again: Vec<i64> = due(&site, HOUR).await.iter().map(|event| event.sequence).collect();
    assert_eq!(again, [d.sequence]);
    let site = site.restart().await;
    let again: Vec<i64> = due(&site, HOUR).await.iter().map(|event| event.sequence).collect();
    assert_eq!(again, [b.sequence, d.sequence]);
}
