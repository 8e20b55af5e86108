//! The API alone: under Lambda when its runtime is there, else a plain server.

use std::process::ExitCode;

use anyhow::{Context, Result};
use api::{
    Admin, Allowed, App, Settings, identified, router,
    serve::{self, Patience},
};
use axum::{
    Router,
    http::header,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use store::{Accounts, Catalog, Objects, required};
use telemetry::{
    log::{self, Format, Stream},
    metrics::{emf, prometheus},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

#[tokio::main]
async fn main() -> ExitCode {
    log::init(Format::Json, Stream::Out);
    log::last_words(Format::Json, run().await)
}

async fn run() -> Result<()> {
    let app = app().await?;
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let routes = identified(router(app, Router::new())).layer(middleware::map_response(counted));
        return lambda_http::run(routes).await.map_err(|e| anyhow::anyhow!("run under Lambda: {e}"));
    }
    let given = std::env::var("TINTYPE_LISTEN").ok().filter(|address| !address.is_empty());
    let address = given.unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(&address).await.with_context(|| format!("listen on {address}"))?;
    tracing::info!(%address, "listening");
    let routes = identified(router(app, Router::new().route("/metrics", get(metrics))));
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        told_to_stop().await;
        stop.send_replace(true);
    });
    serve::serve(listener, routes, Patience::WITH_BALANCERS, stopped).await;
    Ok(())
}

/// Under Lambda nobody can ask for what is counted: it goes into the log.
async fn counted(response: Response) -> Response {
    emf::print();
    response
}

/// For who may see how many requests there are, and of which kind.
async fn metrics(_: Allowed<Admin>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, prometheus::CONTENT_TYPE)], prometheus::text(&[]))
}

async fn app() -> Result<App> {
    let (names, settings) = (store::Settings::from_env()?, Settings::from_env()?);
    let accounts_table = required("TINTYPE_ACCOUNTS_TABLE")?;
    let aws = aws_config::from_env().timeout_config(store::timeouts()).load().await;
    aws.region().context("the variable AWS_REGION is not set")?;
    let credentials = aws.credentials_provider().context("no AWS credentials are configured")?;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let catalog = Catalog::new(dynamodb.clone(), &names.images_table);
    let accounts = Accounts::new(dynamodb, accounts_table);
    let objects = Objects::new(aws_sdk_s3::config::Builder::from(&aws).build(), credentials, &names);
    Ok(App::new(catalog, objects, accounts, settings))
}

/// What a container's engine sends.
async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(error) => {
            tracing::error!(%error, "SIGTERM will cut requests off");
            std::future::pending().await
        }
    }
}
