//! Pixels in a process of their own: whatever a picture does to its decoder, it does it there.
//!
//! Headers are held against the limits before a decoder runs, but decoders are many, and some are C: their memory and
//! time are bounded by the system, and a crash is the picture's, not the service's. The memory that a picture took
//! goes back with its process.

mod bounds;
mod inside;

use std::{
    ffi::c_int,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::LazyLock,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use imaging::{Developed, Limits, Rejection};
use preset::Preset;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdout, Command},
    sync::Semaphore,
    time::timeout,
};

use crate::slots;

pub use bounds::Bounds;
pub use inside::develop_if_asked;

/// What a program is called with that is to be a darkroom.
const ARGUMENT: &str = "--darkroom";
/// What is kept of the words of a process that ended badly.
const LAST_WORDS: u64 = 2048;
/// What the system ends a process by that broke. A compiler's trap is SIGILL on x86-64, SIGTRAP on arm64.
const CRASHES: [c_int; 7] =
    [libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGTRAP, libc::SIGFPE, libc::SIGSYS];

/// Of this process, whoever asks, queue or sweep: each darkroom may take the memory that its bounds let it.
static SLOTS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(slots()));

/// Where pictures are developed.
#[derive(Clone, Debug)]
pub struct Darkroom {
    /// A program whose `main` begins with `develop_if_asked`.
    pub program: PathBuf,
    pub bounds: Bounds,
}

/// How a process ended, and what it said.
struct Ended {
    status: ExitStatus,
    answer: Vec<u8>,
    last_words: String,
}

impl Default for Darkroom {
    /// This very program once more, even if its file was replaced since it began.
    fn default() -> Self {
        let linux = PathBuf::from("/proc/self/exe");
        let program = if cfg!(target_os = "linux") { linux } else { std::env::current_exe().unwrap_or(linux) };
        Self { program, bounds: Bounds::default() }
    }
}

impl Darkroom {
    /// As `imaging::develop`. An error is a fault that may pass: a process that could not be started, was killed, or
    /// did not end.
    pub async fn develop(
        &self,
        original: &[u8],
        preset: &Preset,
        limits: &Limits,
    ) -> Result<Result<Developed, Rejection>> {
        let question = inside::question(preset, limits, &self.bounds)?;
        let _slot = SLOTS.acquire().await.context("a slot for a darkroom")?;
        let exchange = exchange(self.start()?, &question, original, self.bounds.longest_answer());
        let seconds = self.bounds.wall_seconds;
        // The process is killed as it is let go.
        let ended = timeout(Duration::from_secs(seconds), exchange).await;
        let Ended { status, answer, last_words } =
            ended.with_context(|| format!("a darkroom did not end within {seconds} seconds"))??;
        if status.success() {
            if !last_words.is_empty() {
                // A decoder's panic, most likely: the picture is refused for it, and the mistake is ours.
                tracing::warn!(last_words, "a darkroom complained");
            }
            return inside::answer(&answer);
        }
        tracing::warn!(%status, last_words, "a darkroom ended badly");
        self.explain(status, &last_words).map(Err)
    }

    fn start(&self) -> Result<Child> {
        Command::new(&self.program)
            .arg(ARGUMENT)
            // Keys and secrets are no business of a decoder's.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal is for its parent, which ends what is in hand.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("start a darkroom")
    }

    /// Whose fault it was: the picture's, or an error.
    fn explain(&self, ended: ExitStatus, last_words: &str) -> Result<Rejection> {
        let out_of_memory = ["memory allocation of", "bad_alloc"].iter().any(|words| last_words.contains(words));
        match ended.signal() {
            Some(libc::SIGXCPU) => Ok(self.bounds.too_much_time()),
            Some(libc::SIGABRT) if out_of_memory => Ok(self.bounds.too_much_memory()),
            Some(signal) if CRASHES.contains(&signal) => Ok(Rejection::stopped_its_decoder()),
            _ => bail!("a darkroom ended by {ended}"),
        }
    }
}

/// Asks, and listens to the end.
async fn exchange(mut process: Child, question: &[u8], original: &[u8], longest: u64) -> Result<Ended> {
    let mut to = process.stdin.take().context("a pipe to a darkroom")?;
    let from = process.stdout.take().context("a pipe from a darkroom")?;
    let errors = process.stderr.take().context("a pipe from a darkroom")?;
    let ask = async move {
        // A process that ends before it has read all tells why by how it ended.
        if to.write_all(question).await.is_ok() {
            let _ = to.write_all(original).await;
        }
        anyhow::Ok(())
    };
    let ((), answer, last_words) = tokio::try_join!(ask, whole(from, longest), beginning(errors))?;
    let status = process.wait().await.context("wait for a darkroom")?;
    Ok(Ended { status, answer, last_words })
}

/// What a process made: whoever took a decoder over does not fill this process's memory by it.
async fn whole(from: ChildStdout, longest: u64) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    from.take(longest + 1).read_to_end(&mut answer).await.context("read what a darkroom made")?;
    ensure!(answer.len() as u64 <= longest, "a darkroom answers with more than {longest} bytes");
    Ok(answer)
}

/// What a process said first; whoever has more to say must not wait for a listener.
async fn beginning(mut from: ChildStderr) -> Result<String> {
    let mut said = Vec::new();
    (&mut from).take(LAST_WORDS).read_to_end(&mut said).await.context("read what a darkroom said")?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await.context("hear a darkroom out")?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}
