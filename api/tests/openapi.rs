//! The committed `openapi.yaml` says what the code does.

#[test]
fn openapi_yaml_is_current() {
    let committed = include_str!("../../openapi.yaml");
    assert!(
        committed == api::openapi_yaml(),
        "openapi.yaml is stale: cargo run -p api --example openapi > openapi.yaml"
    );
}
