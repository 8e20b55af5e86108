//! The data folder: one process at a time, and the secrets that must outlive it.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::contents;

const SECRET_BYTES: usize = 32;
/// How long another process may still hold the folder. Longer: a second one is refused later.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// An open data folder. The lock goes with the process, however that ends.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    secret: Secret,
    _lock: File,
}

/// What all secrets of the folder are made from.
struct Secret([u8; SECRET_BYTES]);

impl Folder {
    /// Makes the folder if need be, readable by its user alone; refuses one that another process uses, or that has lost a part.
    pub fn open(path: &Path) -> Result<Self> {
        make(path).with_context(|| format!("make the data folder {}", path.display()))?;
        // One that was there before, too: databases and originals are for nobody else's eyes.
        fs::set_permissions(path, Permissions::from_mode(0o700))
            .with_context(|| format!("close the data folder {} to others", path.display()))?;
        let lock =
            File::create(path.join("lock")).with_context(|| format!("write in the data folder {}", path.display()))?;
        if !lock_soon(&lock).context("lock the data folder")? {
            bail!("another Tintype uses the data folder {}: stop it, or choose another by --data", path.display())
        }
        let is_new = contents::is_new(path)?;
        Ok(Self { path: path.to_owned(), secret: Secret::open(path, is_new)?, _lock: lock })
    }

    /// Notes that each database is there: a site that was closed by a key shall not begin anew, and open, without them.
    pub fn note_begun(&self) -> Result<()> {
        let path = self.path.join(contents::BEGUN);
        match path.exists() {
            true => Ok(()),
            false => write_durably(&path, b"").with_context(|| format!("write {}", path.display())),
        }
    }

    /// A secret for one purpose, the same at each start: URLs and ids made from it stay valid.
    pub fn secret(&self, purpose: &str) -> [u8; SECRET_BYTES] {
        Sha256::new().chain_update(self.secret.0).chain_update(purpose).finalize().into()
    }
}

impl Secret {
    /// Draws one in a new folder only: with another one the URLs that were given out would die.
    fn open(folder: &Path, is_new: bool) -> Result<Self> {
        let path = folder.join("secret");
        match fs::read(&path) {
            Ok(bytes) => match bytes.try_into() {
                Ok(secret) => Ok(Self(secret)),
                Err(_) => {
                    bail!("{} is not the secret that was written there: put it back from a backup", path.display())
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => Self::draw(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
                "{} is missing, though its folder is in use: put it back from a backup; {SECRET_BYTES} other bytes do as well, but then URLs that were given out no longer work",
                path.display()
            ),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// On the disk under its name, whole, before anything is signed with it.
    fn draw(path: &Path) -> Result<Self> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(|e| anyhow::anyhow!("read randomness: {e}"))?;
        write_durably(path, &secret).with_context(|| format!("write {}", path.display()))?;
        Ok(Self(secret))
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("part");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

/// False when somebody holds it. A child of a process that has just ended holds it until it has begun.
fn lock_soon(lock: &File) -> io::Result<bool> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
        }
    }
}

/// With its name on the disk, and that of each folder above which was missing too.
fn make(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().ok_or(error).and_then(make)?;
            make(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.and_then(|()| sync_parent(path)),
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path that nothing is at, and nothing stays at.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("tintype-folder-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refusal(path: &Path) -> String {
        format!("{:#}", Folder::open(path).unwrap_err())
    }

    #[test]
    fn a_folder_is_one_process_s_and_keeps_its_secrets() {
        let place = Place::new("secrets");
        let path = place.0.join("made/on/the/way");
        let folder = Folder::open(&path).unwrap();
        assert!(refusal(&path).contains("another Tintype"));
        let secret = folder.secret("s3");
        assert_ne!(secret, folder.secret("ids"));
        drop(folder);
        assert_eq!(Folder::open(&path).unwrap().secret("s3"), secret);
    }

    #[test]
    fn a_secret_that_was_cut_or_cannot_be_read_is_not_replaced() {
        let place = Place::new("cut");
        drop(Folder::open(&place.0).unwrap());
        let path = place.0.join("secret");
        fs::write(&path, "short").unwrap();
        assert!(refusal(&place.0).contains("put it back"));
        assert_eq!(fs::read(&path).unwrap(), b"short");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(refusal(&place.0).contains("read "));
    }
}
