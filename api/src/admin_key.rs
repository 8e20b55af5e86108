//! The first administrator's key: a secret of the deployment, in no table.

use std::ffi::OsString;

use anyhow::{Context, Result, ensure};
use store::SecretDigest;

/// 32 characters of ASCII or more, of which the digest is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminKey(SecretDigest);

impl AdminKey {
    pub const VARIABLE: &str = "TINTYPE_ADMIN_KEY";
    /// In hexadecimal digits 128 bits: what nobody guesses.
    pub const MIN_CHARACTERS: usize = 32;

    /// Refuses one that is too short, without repeating it.
    pub fn accept(text: &str) -> Result<Self> {
        let characters = text.chars().count();
        ensure!(
            characters >= Self::MIN_CHARACTERS,
            "{} has {characters} characters, at least {} are needed: openssl rand -hex 32 makes a good one",
            Self::VARIABLE,
            Self::MIN_CHARACTERS
        );
        let sendable = text.trim() == text && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        ensure!(sendable, "{} has a line's end or another character that no header can carry", Self::VARIABLE);
        Ok(Self(SecretDigest::of(text)))
    }

    /// None where the variable is empty or not set: then the keys of the table are all there are.
    pub fn from_env() -> Result<Option<Self>> {
        Self::from_variable(std::env::var_os(Self::VARIABLE))
    }

    fn from_variable(given: Option<OsString>) -> Result<Option<Self>> {
        let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
        let text = given.to_str().with_context(|| format!("{} is not UTF-8", Self::VARIABLE))?;
        Self::accept(text).map(Some)
    }

    pub fn is(&self, given: &str) -> bool {
        self.0 == SecretDigest::of(given)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn a_short_one_is_refused_by_name_and_not_repeated() {
        let short = "0123456789abcdef0123456789abcde";
        let refusal = AdminKey::accept(short).unwrap_err().to_string();
        assert!(refusal.contains("TINTYPE_ADMIN_KEY has 31 characters") && !refusal.contains(short), "{refusal}");
        let key = AdminKey::accept(&format!("{short}f")).unwrap();
        for unsendable in [format!("{short}é"), format!("{short}f\n"), format!(" {short}f")] {
            assert!(AdminKey::accept(&unsendable).unwrap_err().to_string().contains("no header can carry"));
        }
        assert!(key.is("0123456789abcdef0123456789abcdef") && !key.is("0123456789abcdef0123456789abcdeF"));
    }

    #[test]
    fn a_variable_that_holds_something_is_never_taken_for_one_that_is_not_set() {
        assert_eq!(AdminKey::from_variable(None).unwrap(), None);
        assert_eq!(AdminKey::from_variable(Some("".into())).unwrap(), None);
        let latin = OsString::from_vec(b"un mot de passe assez long, \xe9videmment".into());
        let refusal = AdminKey::from_variable(Some(latin)).unwrap_err().to_string();
        assert_eq!(refusal, "TINTYPE_ADMIN_KEY is not UTF-8");
    }
}
