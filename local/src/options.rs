//! Flags and variables.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Result, ensure};
use clap::Parser;
use telemetry::log::Format;

/// Images straight into the bucket by presigned URLs, renditions moments later: all of it on this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "tintype", version)]
pub struct Options {
    /// The folder that everything is kept in.
    #[arg(long, env = "TINTYPE_DATA", default_value = "./data")]
    pub data: PathBuf,

    /// Where page and API listen; port 0 picks a free one.
    #[arg(long, env = "TINTYPE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where S3 listens; port 0 picks a free one.
    #[arg(long, env = "TINTYPE_S3_LISTEN", default_value = "127.0.0.1:9000")]
    pub s3_listen: SocketAddr,

    /// The address under which page and API are reached from elsewhere, such as https://photos.example.org.
    #[arg(long, env = "TINTYPE_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// The address under which S3 is reached from elsewhere: signed URLs name it.
    #[arg(long, env = "TINTYPE_S3_PUBLIC_URL")]
    pub s3_public_url: Option<String>,

    /// Where notifications are sent, as SNS sends them to an HTTPS subscriber.
    #[arg(long, env = "TINTYPE_NOTIFY_URL")]
    pub notify_url: Option<String>,

    /// A JSON file of presets beside the built-in ones, as GET /presets answers.
    #[arg(long, env = "TINTYPE_PRESETS")]
    pub presets: Option<PathBuf>,

    /// How the log on standard error looks: `text` for a person, `json` for a collector.
    #[arg(long, env = "TINTYPE_LOG_FORMAT", default_value = "text")]
    pub log_format: Format,

    /// Keep the records in memory, to measure what the disk costs: all are lost at the end.
    #[arg(long, hide = true)]
    pub catalog_in_memory: bool,
}

impl Options {
    /// Refuses to be reachable by others without being told under which name.
    pub fn check(&self) -> Result<()> {
        let named = self.public_url.is_some() && self.s3_public_url.is_some();
        for listen in [self.listen, self.s3_listen] {
            ensure!(
                listen.ip().is_loopback() || named,
                "{listen} can be reached from other machines: say under which addresses by --public-url and --s3-public-url, and know that whoever reaches them owns every image"
            );
        }
        for (url, flag) in [
            (&self.public_url, "--public-url"),
            (&self.s3_public_url, "--s3-public-url"),
            (&self.notify_url, "--notify-url"),
        ] {
            let Some(url) = url else { continue };
            let host = url
                .parse::<http::Uri>()
                .ok()
                .filter(|uri| uri.scheme().is_some())
                .and_then(|uri| uri.host().map(str::to_owned));
            ensure!(host.is_some(), "{flag} is {url:?}: an address such as https://photos.example.org is needed");
        }
        Ok(())
    }
}
