//! Prints the OpenAPI document: `cargo run -p api --example openapi > openapi.yaml`

fn main() {
    print!("{}", api::openapi_yaml());
}
