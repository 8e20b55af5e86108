//! What a disk holds when the power fails, told from a record of what a process asked of it.
//!
//! The model: bytes are safe once their file was fsynced, a name once its folder was; what was not is lost, all of it
//! or, in the other variant, each change by the toss of a coin. A write or a renaming is never torn, and no fsync lies.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use crate::verdict::Random;

/// One recorded change; a file is called by its inode.
pub enum Change {
    Create { path: PathBuf, inode: u64 },
    Write { inode: u64, offset: usize, bytes: Vec<u8> },
    Cut { inode: u64, length: usize },
    Sync { inode: u64, path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Remove { path: PathBuf },
    MakeFolder { path: PathBuf },
}

/// A file's or folder's number; an inode may be used again, this is not.
type Serial = usize;

#[derive(Default)]
pub struct Platter {
    contents: Vec<Content>,
    current: HashMap<u64, Serial>,
    /// As the process sees them, and as they are safe.
    names: Names,
    safe_names: Names,
    /// In the order in which they were changed.
    unsafe_names: Vec<Naming>,
}

type Names = BTreeMap<PathBuf, Serial>;

/// What each name stands for from now on, if for anything; a new place for a file takes the old one in one step.
type Naming = Vec<(PathBuf, Option<Serial>)>;

#[derive(Default)]
struct Content {
    is_folder: bool,
    safe: Vec<u8>,
    unsafe_changes: Vec<Change>,
}

impl Platter {
    pub fn change(&mut self, change: Change) {
        match change {
            Change::Create { path, inode } => {
                let serial = self.add(Content::default());
                self.current.insert(inode, serial);
                self.name(vec![(path, Some(serial))]);
            }
            Change::MakeFolder { path } => {
                let serial = self.add(Content { is_folder: true, ..Content::default() });
                self.name(vec![(path, Some(serial))]);
            }
            Change::Rename { from, to } => {
                let serial = self.names[&from];
                self.name(vec![(to, Some(serial)), (from, None)]);
            }
            Change::Remove { path } => self.name(vec![(path, None)]),
            Change::Sync { inode, path } => self.sync(inode, &path),
            Change::Write { inode, .. } | Change::Cut { inode, .. } => {
                let serial = self.current[&inode];
                self.contents[serial].unsafe_changes.push(change);
            }
        }
    }

    fn add(&mut self, content: Content) -> Serial {
        self.contents.push(content);
        self.contents.len() - 1
    }

    fn name(&mut self, naming: Naming) {
        set(&mut self.names, &naming);
        self.unsafe_names.push(naming);
    }

    fn sync(&mut self, inode: u64, path: &Path) {
        match self.current.get(&inode) {
            Some(&serial) => {
                let content = &mut self.contents[serial];
                content.unsafe_changes.drain(..).for_each(|change| apply(&mut content.safe, &change));
            }
            // No file: then it is the folder of these.
            None => {
                let synced = self.unsafe_names.extract_if(.., |naming| naming[0].0.parent() == Some(path));
                synced.for_each(|naming| set(&mut self.safe_names, &naming));
            }
        }
    }

    /// Lays out in `to` what is left of `folder`; with `coin` it decides about each change that was not safe.
    pub fn lay_out(&self, folder: &Path, to: &Path, mut coin: Option<&mut Random>) {
        let mut kept = || coin.as_mut().is_some_and(|coin| coin.below(2) == 0);
        let mut names = self.safe_names.clone();
        self.unsafe_names.iter().filter(|_| kept()).for_each(|naming| set(&mut names, naming));
        fs::create_dir_all(to).unwrap();
        for (name, serial) in names {
            let (content, path) = (&self.contents[serial], to.join(name.strip_prefix(folder).unwrap()));
            if content.is_folder {
                fs::create_dir_all(path).unwrap();
                continue;
            }
            let mut bytes = content.safe.clone();
            content.unsafe_changes.iter().filter(|_| kept()).for_each(|change| apply(&mut bytes, change));
            // What lay in a folder whose own name is gone is gone too.
            if path.parent().unwrap().exists() {
                fs::write(path, bytes).unwrap();
            }
        }
    }
}

fn set(names: &mut Names, naming: &Naming) {
    for (name, serial) in naming {
        match serial {
            Some(serial) => names.insert(name.clone(), *serial),
            None => names.remove(name),
        };
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Cut { length, .. } => content.resize(*length, 0),
        Change::Write { offset, bytes, .. } => {
            let end = offset + bytes.len();
            content.resize(content.len().max(end), 0);
            content[*offset..end].copy_from_slice(bytes);
        }
        _ => unreachable!("only bytes are in a file"),
    }
}

/// Reads what `tests/disk/faults.c` has recorded.
pub fn read(record: &Path) -> Vec<Change> {
    let record = fs::read(record).unwrap();
    let (mut rest, mut changes) = (record.as_slice(), Vec::new());
    while let Some((head, behind)) = rest.split_at_checked(32) {
        let number = |at: usize| u64::from_ne_bytes(head[8 * at..8 * at + 8].try_into().unwrap());
        // What the process was about to record when it was killed.
        let Some((bytes, next)) = behind.split_at_checked(number(3) as usize) else { break };
        changes.push(change(number(0) as u8, number(1), number(2) as usize, bytes));
        rest = next;
    }
    changes
}

fn change(what: u8, inode: u64, offset: usize, bytes: &[u8]) -> Change {
    let path = || PathBuf::from(str::from_utf8(bytes).unwrap());
    match what {
        b'c' => Change::Create { path: path(), inode },
        b'w' => Change::Write { inode, offset, bytes: bytes.to_vec() },
        b't' => Change::Cut { inode, length: offset },
        b's' => Change::Sync { inode, path: path() },
        b'u' => Change::Remove { path: path() },
        b'm' => Change::MakeFolder { path: path() },
        b'r' => {
            let (from, to) = str::from_utf8(bytes).unwrap().split_once('\n').unwrap();
            Change::Rename { from: from.into(), to: to.into() }
        }
        other => unreachable!("nothing is recorded as {other}"),
    }
}
