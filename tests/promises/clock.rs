//! A clock that is off by a quarter of an hour, or set while Tintype runs.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    process::Command as Compiler,
};

use tokio::process::Command;

use crate::{
    pictures,
    process::{Process, command, free_ports},
    site::{Folder, client, eventually, put_request, read, settled, text},
};

const QUARTER_OF_AN_HOUR: i64 = 15 * 60;
const A_DAY: i64 = 24 * 3600;
const LIBRARY: &str = "clock.so";
const CONTROL: &str = "control";

/// The clock of one process, set by `tests/clock/jumps.c`.
struct Clock {
    folder: Folder,
    control: File,
}

impl Clock {
    fn off_by(seconds: i64) -> Self {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        let control = File::create(folder.0.join(CONTROL)).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("clock/jumps.c");
        let mut compiler = Compiler::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(folder.0.join(LIBRARY)).arg(source);
        assert!(compiler.status().expect("a C compiler").success());
        let clock = Self { folder, control };
        clock.set_off_by(seconds);
        clock
    }

    fn set_off_by(&self, seconds: i64) {
        self.control.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    fn of(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", self.folder.0.join(LIBRARY)).env("CLOCK_CONTROL", self.folder.0.join(CONTROL));
        command
    }
}

#[tokio::test]
async fn clock_that_is_set_while_it_runs_keeps_no_image_waiting() {
    let (folder, clock) = (Folder::new(), Clock::off_by(0));
    let process = Process::of(clock.of(command(&folder.0, &free_ports()))).await;
    let mut days = Vec::new();
    for seconds in [0, QUARTER_OF_AN_HOUR, -QUARTER_OF_AN_HOUR, 365 * A_DAY, 0] {
        clock.set_off_by(seconds);
        let image = ready(&process, &pictures::jpeg(300, 200)).await;
        days.push(text(&image["created_at"])[..10].to_owned());
    }
    assert_ne!(days[0], days[3], "the clock is not set at all");
    process.kill().await;
}

async fn ready(process: &Process, photo: &[u8]) -> serde_json::Value {
    let grant = process.grant(photo).await;
    assert!(read(put_request(&client(), &grant, photo)).await.status.is_success());
    let image = settled(&client(), &process.url, &text(&grant["id"])).await;
    assert_eq!(image["status"], "ready", "{image}");
    image
}

#[tokio::test]
async fn lease_by_a_clock_that_was_ahead_binds_nobody() {
    let (folder, ports, clock) = (Folder::new(), free_ports(), Clock::off_by(A_DAY));
    let mut dying = clock.of(command(&folder.0, &ports));
    dying.env("DIES", "before Finish");
    let mut process = Process::of(dying).await;
    let photo = pictures::jpeg(300, 200);
    let grant = process.grant(&photo).await;
    // The process may be gone before the answer is.
    let _ = put_request(&client(), &grant, &photo).send().await;
    process.child.wait().await.unwrap();
    let process = Process::start(&folder.0, &ports).await;
    let id = text(&grant["id"]);
    let image = eventually(async || Some(process.image(&id).await).filter(|image| image["status"] == "ready")).await;
    assert!(text(&image["created_at"]) > text(&image["status_changed_at"]), "the clock was not ahead: {image}");
    process.kill().await;
}
