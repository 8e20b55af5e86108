//! The data folder: one process at a time, and the secrets that must outlive it.

use std::{
    fs::{File, OpenOptions, Permissions, TryLockError},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::contents;

const SECRET_BYTES: usize = 32;

/// An open data folder. The lock goes with the process, however that ends.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, readable by its user alone; refuses one that another process uses, or that has lost a part.
    pub fn open(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).with_context(|| format!("make the data folder {}", path.display()))?;
        // One that was there before, too: databases and originals are for nobody else's eyes.
        std::fs::set_permissions(path, Permissions::from_mode(0o700))
            .with_context(|| format!("close the data folder {} to others", path.display()))?;
        let lock =
            File::create(path.join("lock")).with_context(|| format!("write in the data folder {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another Tintype uses the data folder {}: stop it, or choose another by --data", path.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).context("lock the data folder"),
        }
        contents::is_new(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// A secret for one purpose, the same at each start: URLs and ids made from it stay valid.
    pub fn secret(&self, purpose: &str) -> Result<[u8; SECRET_BYTES]> {
        let root = self.root_secret()?;
        Ok(Sha256::new().chain_update(root).chain_update(purpose).finalize().into())
    }

    fn root_secret(&self) -> Result<Vec<u8>> {
        let path = self.path.join("secret");
        let mut secret = Vec::new();
        if let Ok(mut file) = File::open(&path) {
            file.read_to_end(&mut secret).context("read the secret of the data folder")?;
        }
        if secret.len() != SECRET_BYTES {
            // Absent, or torn by a crash before anything was signed with it.
            secret = vec![0; SECRET_BYTES];
            getrandom::fill(&mut secret).map_err(|e| anyhow::anyhow!("read randomness: {e}"))?;
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)
                .context("write the secret of the data folder")?;
            file.write_all(&secret).and_then(|()| file.sync_all()).context("write the secret of the data folder")?;
        }
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_process_s_and_keeps_its_secrets() {
        let path = std::env::temp_dir().join(format!("tintype-folder-{}", std::process::id()));
        let folder = Folder::open(&path).unwrap();
        let refused = Folder::open(&path).unwrap_err().to_string();
        assert!(refused.contains("another Tintype"), "{refused}");
        let secret = folder.secret("s3").unwrap();
        assert_ne!(secret, folder.secret("ids").unwrap());
        drop(folder);
        assert_eq!(Folder::open(&path).unwrap().secret("s3").unwrap(), secret);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
