//! The folder of blobs: files with random names, each written once and never changed.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::PathBuf,
};

use anyhow::{Context, Result, bail};

/// The folder, held open: to lock it, and to fsync it.
pub(super) struct Blobs {
    path: PathBuf,
    folder: File,
}

impl Blobs {
    /// Locks the folder: a second process would sweep away what the first is receiving.
    pub fn open(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        let folder = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        match folder.try_lock() {
            Ok(()) => Ok(Self { path, folder }),
            Err(TryLockError::WouldBlock) => bail!("another process uses {}", path.display()),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
        }
    }

    /// A new blob that vanishes again unless it is kept.
    pub fn draft(&self) -> Result<Draft> {
        let name = random_name()?;
        let path = self.path.join(&name);
        let file = File::create_new(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(Draft { name, path, file, kept: false })
    }

    pub fn open_blob(&self, name: &str) -> io::Result<File> {
        File::open(self.path.join(name))
    }

    /// Puts the draft's bytes and its name on the disk; only then may a row refer to it.
    pub fn settle(&self, draft: &Draft) -> Result<()> {
        draft.file.sync_all().context("fsync the blob")?;
        self.folder.sync_all().context("fsync the folder of objects")
    }

    /// Removes blobs that no row refers to any more; those who read one go on reading it.
    pub fn remove(&self, names: &[String]) {
        for name in names {
            if let Err(error) = fs::remove_file(self.path.join(name)) {
                tracing::warn!(%error, blob = name, "a replaced blob stays until the next start");
            }
        }
    }

    /// Removes every blob that is not among `kept`, and nothing that is not a blob.
    pub fn sweep(&self, kept: &HashSet<String>) -> Result<()> {
        for entry in fs::read_dir(&self.path).context("list the folder of objects")? {
            let name = entry.context("list the folder of objects")?.file_name();
            if let Some(name) = name.to_str().filter(|name| is_blob(name) && !kept.contains(*name)) {
                fs::remove_file(self.path.join(name)).with_context(|| format!("sweep the blob {name}"))?;
            }
        }
        Ok(())
    }
}

/// A blob that is being written.
pub(super) struct Draft {
    pub name: String,
    pub file: File,
    path: PathBuf,
    kept: bool,
}

impl Draft {
    /// Itself again beside what was committed.
    ///
    /// A commit that failed may still be found done at the next start, so then the blob stays until that start decides.
    pub fn unless_failed<T>(self, committed: Result<T>) -> Result<(Self, T)> {
        match committed {
            Ok(outcome) => Ok((self, outcome)),
            Err(error) => {
                self.keep();
                Err(error)
            }
        }
    }

    /// From now on a row refers to it.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// 128 random bits in hexadecimal.
pub(super) fn random_name() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).context("draw random bits")?;
    Ok(hex::encode(bits))
}

fn is_blob(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
