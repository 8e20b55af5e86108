//! `bench`: the figures of a running Tintype, as rows of a Markdown table.

mod client;
mod figures;
mod functions;
mod grant;
mod image;
mod photo;
mod put;
mod server;
mod sign;
mod start;
mod uploads;
mod zeros;

use anyhow::Result;
use clap::Parser;

use server::Server;

/// Measures a Tintype on this machine; `bench/run` measures all of it, and tells how to read it.
///
/// Leaves its uploads behind: give it a server on a folder of its own.
#[derive(Debug, Parser)]
enum Command {
    /// How many uploads are granted in a second, and how long one grant takes.
    Uploads {
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        load: uploads::Load,
    },
    /// How soon a photo of 12 megapixels is ready, and in how much memory.
    Image {
        #[command(flatten)]
        server: Server,
        #[arg(long, default_value_t = 10)]
        rounds: usize,
    },
    /// What a PUT of 1 GB costs in memory, refused and accepted.
    Put {
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        key: put::Key,
    },
    /// How soon a new process answers, on a folder that is empty and then on the same again.
    Start(start::Start),
    /// How soon functions answer under Lambda's Runtime API, ours and those of others.
    Functions(functions::Functions),
}

// One thread: beside a server that is held to one core, the load comes from one other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Uploads { server, load } => uploads::measure(&server, &load).await,
        Command::Image { server, rounds } => image::measure(&server, rounds).await,
        Command::Put { server, key } => put::measure(&server, &key).await,
        Command::Start(start) => start::measure(&start).await,
        Command::Functions(functions) => functions::measure(&functions).await,
    }
}
