//! The processor alone: under Lambda when its runtime is there, else a worker on a queue.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use aws_config::SdkConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use processor::{Darkroom, Processor, Queue, Settings, StopAt, Topic, check, each_minute, lambda, work};
use store::{Catalog, Objects};
use telemetry::log::{self, Format, Stream};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

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
    let aws = aws_config::from_env().timeout_config(store::timeouts()).load().await;
    aws.region().context("the variable AWS_REGION is not set")?;
    let processor = processor(&aws)?;
    match std::env::var_os("AWS_LAMBDA_RUNTIME_API") {
        Some(_) => under_lambda(&processor).await,
        None => as_a_worker(&processor, &aws).await,
    }
}

async fn under_lambda(processor: &Processor) -> Result<()> {
    let serve = service_fn(|event: LambdaEvent<serde_json::Value>| async move {
        let processor = lambda::within(processor, event.context.deadline());
        // On the heap: the whole pipeline in one future is more than the compiler lays out by default.
        Box::pin(lambda::handle(&processor, event.payload)).await.map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(serve).await.map_err(|e| anyhow::anyhow!("run under Lambda: {e}"))
}

/// Until SIGTERM, which a container's engine sends; then what is in hand is ended.
async fn as_a_worker(processor: &Processor, aws: &SdkConfig) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let url = store::required_address("TINTYPE_QUEUE_URL")?;
    let queue = Queue::new(aws_sdk_sqs::Client::new(aws), &url);
    let (told_to_stop, stop) = watch::channel(false);
    let sweep = || {
        let processor = processor.clone();
        async move { processor.sweep().await }
    };
    tokio::select! {
        checked = check(&queue, processor) => checked?,
        _ = terminate.recv() => return Ok(()),
    }
    let end = async {
        terminate.recv().await;
        tracing::info!("stopping");
        told_to_stop.send_replace(true);
    };
    tracing::info!(queue = url, "waiting for messages");
    tokio::join!(work(&queue, processor, stop.clone()), each_minute(sweep, stop), end);
    Ok(())
}

fn processor(aws: &SdkConfig) -> Result<Processor> {
    let names = store::Settings::from_env()?;
    let topic_arn = store::required("TINTYPE_TOPIC_ARN")?;
    ensure!(topic_arn.starts_with("arn:"), "the variable TINTYPE_TOPIC_ARN is {topic_arn:?}: accepted is an ARN");
    let credentials = aws.credentials_provider().context("no AWS credentials are configured")?;
    Ok(Processor {
        catalog: Catalog::new(aws_sdk_dynamodb::Client::new(aws), &names.images_table),
        objects: Objects::new(aws_sdk_s3::config::Builder::from(aws).build(), credentials, &names),
        topic: Topic::new(aws_sdk_sns::Client::new(aws), topic_arn),
        darkroom: Darkroom::default(),
        settings: Settings::default(),
        stop_at: StopAt::never(),
    })
}
