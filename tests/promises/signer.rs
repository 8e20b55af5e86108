//! Signature Version 4 in a query, by the specification and not by the SDK: to sign what Tintype never would.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{site::Site, wire::Wire};

/// The bucket's own key.
pub struct Signer {
    secret_key: String,
}

impl Signer {
    pub fn of(site: &Site) -> Self {
        Self { secret_key: tests::services::secret_key(&site.folder.0).unwrap() }
    }

    /// Signs the request, with all of its headers, as if it were `later` seconds from now, for so many seconds.
    pub fn sign(&self, wire: Wire, later: i64, expires: u32) -> Wire {
        let at = timestamp(later);
        let scope = format!("{}/us-east-1/s3/aws4_request", &at[..8]);
        let mut headers = wire.headers.clone();
        headers.sort();
        let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let credential = format!("tintype/{scope}").replace('/', "%2F");
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={at}&X-Amz-Expires={expires}&X-Amz-SignedHeaders={}",
            names.replace(';', "%3B")
        );
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("{}\n{}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD", wire.method, wire.target);
        let digest = hex::encode(Sha256::digest(request));
        let signature = self.signature(&scope, &format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}"));
        wire.with(|wire| wire.target += &format!("?{query}&X-Amz-Signature={signature}"))
    }

    fn signature(&self, scope: &str, text: &str) -> String {
        let key = format!("AWS4{}", self.secret_key).into_bytes();
        let key = scope.split('/').fold(key, |key, part| hmac(&key, part));
        hex::encode(hmac(&key, text))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Such as `20261126T213832Z`; SQLite knows the calendar.
fn timestamp(later: i64) -> String {
    let calendar = rusqlite::Connection::open_in_memory().unwrap();
    let query = "SELECT strftime('%Y%m%dT%H%M%SZ', 'now', ?)";
    calendar.query_row(query, [format!("{later:+} seconds")], |row| row.get(0)).unwrap()
}
