//! What the plain binaries are told at start, and what they say when it will not do.

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    function::Binary,
    services,
    site::{PATIENCE, Site},
};

/// What stopped the binary: its only line.
async fn complaint(binary: &Binary, variables: &[(&'static str, String)]) -> String {
    let ended = timeout(PATIENCE, binary.command(variables).output()).await.expect("it ends").unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert_eq!((ended.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    let line: Value = serde_json::from_str(&said).unwrap();
    line["cause"].as_str().unwrap().to_owned()
}

const SHARED: [&str; 3] = ["TINTYPE_IMAGES_TABLE", "TINTYPE_ORIGINALS_BUCKET", "TINTYPE_RENDITIONS_BUCKET"];

#[tokio::test]
async fn setting_that_is_missing_stops_a_binary_with_one_line_that_names_it() {
    let mut variables = services::variables(&Site::start().await).await;
    variables.push(("TINTYPE_QUEUE_URL", "http://127.0.0.1:9/queue".into()));
    let own = [
        (Binary::Api, vec!["TINTYPE_SECRET", "TINTYPE_ACCOUNTS_TABLE"]),
        (Binary::Processor, vec!["TINTYPE_TOPIC_ARN", "TINTYPE_QUEUE_URL"]),
    ];
    for (binary, names) in own {
        for name in names.into_iter().chain(SHARED) {
            let others: Vec<_> = variables.iter().filter(|(other, _)| *other != name).cloned().collect();
            assert_eq!(complaint(&binary, &others).await, format!("the variable {name} is not set"));
        }
    }
}

#[tokio::test]
async fn worker_that_cannot_reach_what_it_needs_ends_with_one_line_that_says_what() {
    let (site, nowhere) = (Site::start().await, "http://127.0.0.1:9");
    let mut variables = services::variables(&site).await;
    variables.extend([
        ("TINTYPE_QUEUE_URL", format!("{nowhere}/queue")),
        ("AWS_ENDPOINT_URL_SQS", nowhere.into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
    ]);
    for (changed, value, said) in [
        ("AWS_ENDPOINT_URL_SQS", nowhere, "reach the queue: "),
        ("TINTYPE_ORIGINALS_BUCKET", "elsewhere", "reach the bucket of originals: "),
        ("TINTYPE_IMAGES_TABLE", "elsewhere", "list what is overdue: "),
        ("AWS_ACCESS_KEY_ID", "", "credential"),
    ] {
        let others = variables.iter().filter(|(other, _)| *other != changed).cloned();
        let variables: Vec<_> = others.chain([(changed, value.to_owned())]).collect();
        let cause = complaint(&Binary::Processor, &variables).await;
        assert!(cause.contains(said), "{changed} is {value:?}: {cause}");
    }
}

#[tokio::test]
async fn setting_that_makes_no_sense_stops_a_binary_with_one_line_that_names_it() {
    let variables = services::variables(&Site::start().await).await;
    let shared = [
        ("TINTYPE_S3_PATH_STYLE", "yes"),
        ("TINTYPE_S3_PUBLIC_URL", "s3.example.org"),
        ("TINTYPE_RENDITIONS_URL", "https://ada:secret@example.org"),
        ("TINTYPE_RENDITIONS_BUCKET", "originals"),
    ];
    let own = [
        (Binary::Api, vec![("TINTYPE_ADMIN_KEY", "too short a key")]),
        (Binary::Processor, vec![("TINTYPE_QUEUE_URL", "ingest"), ("TINTYPE_TOPIC_ARN", "images")]),
    ];
    for (binary, settings) in own {
        for (name, value) in settings.into_iter().chain(shared) {
            let others = variables.iter().filter(|(other, _)| *other != name).cloned();
            let variables: Vec<_> = others.chain([(name, value.to_owned())]).collect();
            let cause = complaint(&binary, &variables).await;
            assert!(cause.contains(name), "{name} is {value}: {cause}");
        }
    }
}
