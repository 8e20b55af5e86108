//! A disk that fails on demand, put under a process by `tests/disk/faults.c`.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command as Compiler,
};

use tokio::process::Command;

use crate::site::Folder;

/// What can be made to fail; the C side has the same numbers.
pub const WRITE: u32 = 1;
pub const SYNC: u32 = 2;
pub const OPEN: u32 = 4;
pub const OPEN_TO_WRITE: u32 = 8;
pub const NAME: u32 = 16;

/// `errno` as Linux numbers it.
pub const EIO: i32 = 5;
pub const EMFILE: i32 = 24;
pub const ENOSPC: i32 = 28;
pub const EROFS: i32 = 30;

/// Where the fields of `struct control` lie.
const KINDS: u64 = 0;
const ERROR: u64 = 4;
const PASSING: u64 = 8;
const FAILED: u64 = 16;
const CHANGES: u64 = 24;
const CONTROL_BYTES: u64 = 32;
const LIBRARY: &str = "faults.so";

/// The disk under one data folder.
pub struct Disk {
    /// The data folder.
    pub folder: PathBuf,
    own: Folder,
    control: File,
}

impl Disk {
    pub fn under(folder: &Folder) -> Self {
        let own = Folder::new();
        fs::create_dir_all(&own.0).unwrap();
        let control = File::options().read(true).write(true).create_new(true).open(own.0.join("control")).unwrap();
        control.set_len(CONTROL_BYTES).unwrap();
        compile(&own.0.join(LIBRARY));
        Self { folder: folder.0.clone(), own, control }
    }

    /// The command, to run on this disk.
    pub fn with(&self, mut command: Command) -> Command {
        // What goes wrong here is meant to.
        command.env("TINTYPE_LOG", "off");
        command.env("LD_PRELOAD", self.own.0.join(LIBRARY));
        command.env("FAULTS_FOLDER", &self.folder).env("FAULTS_CONTROL", self.own.0.join("control"));
        command
    }

    /// The same, and every change is recorded.
    pub fn recording(&self, command: Command) -> Command {
        let mut command = self.with(command);
        command.env("FAULTS_LOG", self.record());
        command
    }

    /// Where `recording` records.
    pub fn record(&self) -> PathBuf {
        self.own.0.join("record")
    }

    /// From now on calls of these kinds fail, but for the next `passing` ones.
    pub fn fail(&self, kinds: u32, error: i32, passing: i64) {
        self.put(PASSING, &passing.to_ne_bytes());
        self.put(FAILED, &0u64.to_ne_bytes());
        self.put(ERROR, &error.to_ne_bytes());
        self.put(KINDS, &kinds.to_ne_bytes());
    }

    pub fn recover(&self) {
        self.put(KINDS, &0u32.to_ne_bytes());
    }

    /// How many calls have failed since they began to.
    pub fn failed(&self) -> u64 {
        self.get(FAILED)
    }

    /// How many changes were recorded so far.
    pub fn changes(&self) -> u64 {
        self.get(CHANGES)
    }

    /// The process has the same page mapped.
    fn put(&self, field: u64, bytes: &[u8]) {
        self.control.write_all_at(bytes, field).unwrap();
    }

    fn get(&self, field: u64) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, field).unwrap();
        u64::from_ne_bytes(bytes)
    }
}

/// By the compiler that the codecs need too.
fn compile(library: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("disk/faults.c");
    let mut compiler = Compiler::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(library).arg(source);
    assert!(compiler.status().expect("a C compiler").success());
}
