//! What a key opens, and what it does not: every route.

use reqwest::StatusCode;

use crate::{
    operations::{Operation, operations},
    site::{Answer, Site, read},
};

const ALL: [&str; 4] = ["uploads:create", "images:read", "images:delete", "admin"];
/// Of nobody, and the same for everybody.
const OPEN: [&str; 5] = ["GET /config", "GET /healthz", "GET /presets", "GET /presets/{name}", "GET /readyz"];

/// About an image or a key that there is not, so that nothing is changed.
async fn ask(site: &Site, operation: &Operation, key: Option<&str>) -> Answer {
    let id = if operation.path.contains("{key_id}") { "0".repeat(16) } else { format!("{:0>26}", "z") };
    let request = operation.request(site, &id);
    read(key.into_iter().fold(request, |request, key| request.bearer_auth(key))).await
}

#[tokio::test]
async fn every_route_but_the_open_ones_wants_a_key() {
    let site = Site::start_with_keys().await;
    let mut open = vec![];
    for operation in operations(&site).await {
        let answer = ask(&site, &operation, None).await;
        if operation.scopes.is_empty() {
            assert!(answer.status.is_success(), "{operation}: {answer:?}");
            open.push(operation.to_string());
            continue;
        }
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (StatusCode::UNAUTHORIZED, "Bearer"),
            "{operation}"
        );
        assert_eq!(answer.json()["code"], "unauthorized", "{operation}");
    }
    assert_eq!(open, OPEN);
}

#[tokio::test]
async fn scope_that_is_missing_is_403_for_exactly_the_routes_that_need_it() {
    let site = Site::start_with_keys().await;
    let (operations, mut forbidden, mut asked) = (operations(&site).await, 0, 0);
    for missing in ALL {
        let others: Vec<_> = ALL.into_iter().filter(|scope| *scope != missing).collect();
        let key = site.key("ann", &others).await;
        for operation in &operations {
            let answer = ask(&site, operation, Some(&key)).await;
            let needed = operation.scopes.iter().any(|scope| scope == missing);
            assert_eq!(answer.status == StatusCode::FORBIDDEN, needed, "{operation} without {missing}: {answer:?}");
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{operation} without {missing}");
            if needed {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{missing}\"");
                assert_eq!(
                    (&answer.json()["code"], answer.header("www-authenticate")),
                    (&"forbidden".into(), &*challenge)
                );
                assert!(answer.text.contains(missing), "{answer:?}");
                forbidden += 1;
            }
            asked += 1;
        }
    }
    let needed: usize = operations.iter().map(|operation| operation.scopes.len()).sum();
    assert_eq!(forbidden, needed);
    println!("{asked} requests, {forbidden} of them forbidden, as they should");
}
