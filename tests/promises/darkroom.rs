//! Where pictures are developed: whatever happens there, it happens to one picture.

use std::{cell::Cell, path::Path};

use futures_util::future::join_all;
use imaging::{Developed, Limits, Rejection, RejectionCode};
use preset::{Format, Preset, Rendition};
use processor::{Bounds, Darkroom, slots};
use tests::processes::children;
use tokio::time::{sleep, timeout};

use crate::{
    pictures,
    process::{Process, free_ports},
    site::{Folder, PATIENCE, PAUSE, Site, client, eventually, keys, objects, put_request, read, settled, text},
};

fn darkroom(bounds: Bounds) -> Darkroom {
    Darkroom { program: env!("CARGO_BIN_EXE_tintype-under-test").into(), bounds }
}

/// What comes of a darkroom that does this instead, in the words of a shell.
async fn instead(bounds: Bounds, command: &str) -> anyhow::Result<Result<Developed, Rejection>> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("darkroom/obedient");
    let original = format!("\n{command}");
    let (darkroom, preset, limits) = (Darkroom { program, bounds }, Preset::default(), Limits::default());
    let developed = darkroom.develop(original.as_bytes(), &preset, &limits);
    timeout(PATIENCE, developed).await.expect("it ends")
}

async fn refused(bounds: Bounds, original: &[u8]) -> RejectionCode {
    let whole = Rendition { effort: Some(0), ..Rendition::new("whole", Format::Avif) };
    let preset = Preset { name: "whole".into(), renditions: vec![whole] };
    let developed = darkroom(bounds).develop(original, &preset, &Limits::default()).await.unwrap();
    developed.expect_err("too much for it").code
}

#[tokio::test]
async fn picture_that_takes_more_memory_than_it_may_is_refused() {
    let bounds = Bounds { memory_bytes: 48 << 20, ..Bounds::default() };
    assert_eq!(refused(bounds, &pictures::webp(5000, 4000)).await, RejectionCode::TooMuchMemory);
}

#[tokio::test]
async fn picture_that_takes_more_time_than_it_may_is_refused() {
    let bounds = Bounds { cpu_seconds: 1, ..Bounds::default() };
    assert_eq!(refused(bounds, &pictures::jpeg(4000, 3000)).await, RejectionCode::TooMuchTime);
}

#[tokio::test]
async fn darkroom_that_waits_for_ever_is_given_up_and_ends() {
    let bounds = Bounds { wall_seconds: 1, ..Bounds::default() };
    let fault = instead(bounds, "kill -STOP $$; : forever").await.expect_err("nobody answered");
    assert_eq!(fault.to_string(), "a darkroom did not end within 1 seconds");
    let left = || children(std::process::id()).into_iter().any(|child| says(child, b": forever"));
    eventually(async || (!left()).then_some(())).await;
}

#[tokio::test]
async fn picture_that_breaks_its_decoder_is_refused_whatever_signal_tells() {
    for signal in ["ABRT", "SEGV", "BUS", "ILL", "TRAP", "FPE", "SYS"] {
        let refused = instead(Bounds::default(), &format!("ulimit -c 0; kill -{signal} $$")).await.expect(signal);
        assert_eq!(refused.expect_err("it broke").code, RejectionCode::Corrupt, "{signal}");
    }
}

#[tokio::test]
async fn no_more_pictures_are_developed_at_once_than_there_are_slots() {
    let dawdle = "sleep 0.3; exit 1; : dawdles";
    let developed = join_all((0..3 * slots()).map(|_| instead(Bounds::default(), dawdle)));
    let dawdling = || children(std::process::id()).into_iter().filter(|child| says(*child, b": dawdles")).count();
    let most = Cell::new(0);
    let watch = async {
        loop {
            most.set(most.get().max(dawdling()));
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        ended = developed => assert!(ended.iter().all(Result::is_err), "{ended:?}"),
        () = watch => {}
    }
    assert!((1..=slots()).contains(&most.get()), "{} at once", most.get());
}

#[tokio::test]
async fn darkroom_that_answers_without_end_is_cut_off() {
    let bounds = Bounds { memory_bytes: 100_000, ..Bounds::default() };
    let fault = instead(bounds, "head -c 200000 /dev/zero").await.expect_err("no answer is as long");
    assert_eq!(fault.to_string(), "a darkroom answers with more than 50000 bytes");
}

#[tokio::test]
async fn darkroom_that_is_killed_delays_its_picture_only() {
    let (folder, photo) = (Folder::new(), pictures::jpeg(5000, 4000));
    let process = Process::start(&folder.0, &free_ports()).await;
    let grant = process.grant(&photo).await;
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    let darkroom = || children(process.child.id().unwrap()).into_iter().find(|child| is_darkroom(*child));
    let killed = eventually(async || darkroom()).await;
    assert!(std::process::Command::new("kill").args(["-9", &killed.to_string()]).status().unwrap().success());
    let image = settled(&client(), &process.url, &text(&grant["id"])).await;
    assert_eq!((&image["status"], objects(&folder.0)), (&"ready".into(), keys(&image)));
    process.kill().await;
}

#[tokio::test]
async fn bombs_are_refused_and_their_neighbours_become_ready() {
    let site = Site::start().await;
    let mut bomb = pictures::gif(8, 8, 3);
    // The canvas that its header claims.
    bomb[6..10].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let photo = pictures::jpeg(400, 300);
    let uploads = (0..12).map(|number| site.uploaded("photo", if number % 3 == 0 { &bomb } else { &photo }));
    let ended = futures_util::future::join_all(uploads).await;
    for (number, image) in ended.iter().enumerate() {
        let expected = if number % 3 == 0 { "failed" } else { "ready" };
        assert_eq!(image["status"], expected, "{image}");
    }
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn darkroom_knows_nothing_of_its_parents_variables() {
    let site = Site::start().await;
    let id = site.upload("photo.jpg", &pictures::jpeg(5000, 4000)).await;
    let variables = eventually(async || {
        let darkroom = children(std::process::id()).into_iter().find(|child| is_darkroom(*child))?;
        std::fs::read(format!("/proc/{darkroom}/environ")).ok()
    });
    assert_eq!(variables.await, b"");
    assert_eq!(site.settled(&id).await["status"], "ready");
}

pub fn is_darkroom(child: u32) -> bool {
    says(child, b"--darkroom") && !says(child, b"obedient")
}

/// Whether these words are in its command line; one that has ended has none.
fn says(child: u32, words: &[u8]) -> bool {
    std::fs::read(format!("/proc/{child}/cmdline"))
        .is_ok_and(|line| line.windows(words.len()).any(|some| some == words))
}
