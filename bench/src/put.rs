//! Bodies of 1 GB: what the server holds of them in memory.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result};
use clap::Args;
use http::{Request, StatusCode};
use serde_json::Value;

use crate::{
    client::{Connection, nothing, zeros},
    figures::{megabytes, milliseconds, row},
    grant::{self, Upload},
    server::Server,
    sign::Signer,
};

const GIGABYTE: u64 = 1_000_000_000;
/// Among the renditions, because an original would be processed and that is measured elsewhere.
const PATH: &str = "/renditions/bench/zeros";

#[derive(Debug, Args)]
pub struct Key {
    /// The server's data folder: with its secret a PUT of 1 GB is signed, which the API would not grant.
    #[arg(long)]
    data: Option<PathBuf>,
}

pub async fn measure(server: &Server, key: &Key) -> Result<()> {
    let mut api = Connection::open(&server.url).await?;
    row("memory before", megabytes(server.resident_mb()?));

    let answer = grant::post(&mut api, GIGABYTE).await?.expect(StatusCode::PAYLOAD_TOO_LARGE)?;
    let code = answer.json::<Value>()?["code"].as_str().unwrap_or_default().to_owned();
    row("`POST /uploads` for 1 GB", format!("{}, `{code}`", answer.status.as_u16()));

    let granted = Upload::ask(&mut api, 1).await?.upload;
    refused(&granted).await?;
    row("peak memory after it", megabytes(server.peak_mb()?));

    if let Some(folder) = &key.data {
        accepted(&granted.url, &Signer::of(folder)?).await?;
        row("peak memory after it", megabytes(server.peak_mb()?));
    }
    Ok(())
}

/// Returns once the server has dealt with all that was sent after its answer, too.
async fn refused(granted: &grant::Put) -> Result<()> {
    let mut s3 = Connection::open(&granted.url).await?;
    let start = Instant::now();
    let answer = granted.send(&mut s3, zeros(GIGABYTE)).await?.expect(StatusCode::FORBIDDEN)?;
    let wait = start.elapsed();
    s3.ended().await;
    let code = code_of(&answer.body).context("find S3's code in its answer")?;
    row("PUT of 1 GB by a URL granted for 1 byte", format!("403, `{code}`, {}", milliseconds(wait)));
    Ok(())
}

/// S3 is where the grants lead to.
async fn accepted(granted_url: &str, signer: &Signer) -> Result<()> {
    let mut s3 = Connection::open(granted_url).await?;
    let url = signer.sign("PUT", granted_url, PATH)?;
    let start = Instant::now();
    s3.send(Request::put(url), zeros(GIGABYTE)).await?.expect(StatusCode::OK)?;
    let seconds = start.elapsed().as_secs_f64();
    row("PUT of 1 GB by a URL granted for it", format!("200, {seconds:.1} s, {:.0} MB/s", 1e3 / seconds));
    let url = signer.sign("DELETE", granted_url, PATH)?;
    s3.send(Request::delete(url), nothing()).await?.expect(StatusCode::NO_CONTENT)?;
    Ok(())
}

/// `<Code>…</Code>` of an error of S3.
fn code_of(xml: &[u8]) -> Option<String> {
    let xml = std::str::from_utf8(xml).ok()?;
    let (_, rest) = xml.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}
