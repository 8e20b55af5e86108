//! What a message says: S3's event, bare or inside the envelopes of SNS.

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use store::{Timestamp, objects::Stored};

/// An object that was created in the bucket of originals.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrival {
    /// As far as it is UTF-8: what is not is no key of ours.
    pub key: String,
    pub stored: Stored,
    pub at: Option<Timestamp>,
}

/// What S3 says when the notification is set up.
const TEST_EVENT: &str = "s3:TestEvent";

/// One of the shapes that reach the queue; whatever else they hold is not ours to know.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    /// `TEST_EVENT`, or nothing.
    #[serde(rename = "Event")]
    event: Option<String>,
    /// SNS's envelope holds S3's text.
    #[serde(rename = "Message")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    event_name: String,
    #[serde(rename = "eventTime", default)]
    event_time: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    #[serde(rename = "eTag", default)]
    etag: String,
}

/// The arrivals in a message; none in a test event. Whatever is no event of S3's is an error: it must not be taken for
/// done.
pub fn arrivals(body: &str) -> Result<Vec<Arrival>> {
    let message: Message = serde_json::from_str(body).context("a message that is no event")?;
    if let Some(inner) = message.message {
        return arrivals(&inner);
    }
    let records = match (message.records, message.event.as_deref()) {
        (Some(records), _) => records,
        (None, Some(TEST_EVENT)) => Vec::new(),
        _ => bail!("a message of a shape that is not known"),
    };
    if records.is_empty() {
        // Seen in the log, since a bucket that only ever sends these has its notification set wrong.
        tracing::info!("an event without arrivals");
    }
    let created = records.into_iter().filter(|record| record.event_name.contains("ObjectCreated"));
    Ok(created.map(arrival).collect())
}

fn arrival(Record { event_time, s3: Entity { object }, .. }: Record) -> Arrival {
    // Keys are form-encoded: a plus is a space.
    let spaced = object.key.replace('+', " ");
    let key = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
    // Headers quote an ETag, events do not.
    let etag = format!("\"{}\"", object.etag.trim_matches('"'));
    Arrival { key, stored: Stored { etag }, at: event_time.try_into().ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const S3: &str = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"a+b%C3%BC","size":5,"eTag":"e1"}}},{"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"gone"}}}]}"#;

    fn expected() -> Vec<Arrival> {
        vec![Arrival { key: "a bü".into(), stored: Stored { etag: "\"e1\"".into() }, at: None }]
    }

    #[test]
    fn keys_are_form_decoded_and_removals_ignored() {
        assert_eq!(arrivals(S3).unwrap(), expected());
    }

    #[test]
    fn an_event_is_found_inside_the_envelope_of_sns() {
        let envelope = json!({"Type": "Notification", "Message": S3}).to_string();
        assert_eq!(arrivals(&envelope).unwrap(), expected());
    }

    #[test]
    fn a_test_event_brings_nothing() {
        assert_eq!(arrivals(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#).unwrap(), []);
    }

    #[test]
    fn what_is_no_event_of_s3_is_an_error() {
        let bridge = json!({ "detail-type": "Object Created", "detail": { "object": { "key": "a", "size": 5 } } });
        let cloud = json!({ "specversion": "1.0", "type": "object.created", "data": { "key": "a" } });
        let nameless = json!({ "Records": [{ "s3": { "object": { "key": "a", "eTag": "e1" } } }] });
        let known = ["not json", "{}", r#"{"Event":"s3:Other"}"#, r#"{"Records":null}"#, r#"{"Records":[{"s3":7}]}"#];
        for text in known.map(str::to_owned).into_iter().chain([bridge, cloud, nameless].map(|event| event.to_string()))
        {
            assert!(arrivals(&text).is_err(), "{text}");
        }
    }

    /// JSON of the words that events are made of, in any order, nested as it comes.
    fn nearly_an_event() -> impl Strategy<Value = Value> {
        let word = prop::sample::select(vec![
            "Records",
            "Event",
            "Message",
            "eventName",
            "eventTime",
            "s3",
            "object",
            "key",
            "size",
            "eTag",
            "ObjectCreated:Put",
            "%C3",
            "+",
            "2026-01-01T00:00:00.000Z",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            word.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 48, 6, move |inner| {
            let fields = prop::collection::vec((word.clone(), inner.clone()), 0..5);
            let object =
                fields.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
            let envelope = inner.clone().prop_map(|inner| json!({ "Message": inner.to_string() }));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::Array),
                object.prop_map(Value::Object),
                envelope
            ]
        })
    }

    proptest! {
        #[test]
        fn no_message_stops_its_reader(event in nearly_an_event(), text in any::<String>()) {
            let _ = arrivals(&event.to_string());
            let _ = arrivals(&text);
        }

        #[test]
        fn any_key_comes_back_as_it_was(key in any::<String>()) {
            let encoded: String = percent_encoding::utf8_percent_encode(&key, percent_encoding::NON_ALPHANUMERIC).to_string();
            let event = json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": { "key": encoded } } }] });
            prop_assert_eq!(&arrivals(&event.to_string()).unwrap()[0].key, &key);
        }
    }
}
