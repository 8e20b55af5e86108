//! The processor alone, under Lambda's runtime.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use lambda_runtime::{LambdaEvent, service_fn};
use processor::{Darkroom, Processor, Settings, Topic, lambda};
use store::{Catalog, Objects};
use telemetry::log::{self, Format, Stream};

fn main() -> ExitCode {
    processor::develop_if_asked();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    log::init(Format::Json, Stream::Out);
    log::last_words(Format::Json, serve().await)
}

async fn serve() -> Result<()> {
    ensure!(
        std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some(),
        "the variable AWS_LAMBDA_RUNTIME_API is not set: this binary runs under Lambda, on one machine use `tintype`"
    );
    let processor = &processor().await?;
    let serve = service_fn(|event: LambdaEvent<serde_json::Value>| async move {
        let processor = lambda::within(processor, event.context.deadline());
        // On the heap: the whole pipeline in one future is more than the compiler lays out by default.
        Box::pin(lambda::handle(&processor, event.payload)).await.map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(serve).await.map_err(|e| anyhow::anyhow!("run under Lambda: {e}"))
}

async fn processor() -> Result<Processor> {
    let names = store::Settings::from_env()?;
    let topic_arn = store::required("TINTYPE_TOPIC_ARN")?;
    let aws = aws_config::from_env().timeout_config(store::timeouts()).load().await;
    let credentials = aws.credentials_provider().context("no AWS credentials are configured")?;
    Ok(Processor {
        catalog: Catalog::new(aws_sdk_dynamodb::Client::new(&aws), &names.images_table),
        objects: Objects::new(aws_sdk_s3::config::Builder::from(&aws).build(), credentials, &names),
        topic: Topic::new(aws_sdk_sns::Client::new(&aws), topic_arn),
        darkroom: Darkroom::default(),
        settings: Settings::default(),
        stop_at: None,
    })
}
