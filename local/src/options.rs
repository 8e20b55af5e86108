//! Flags and variables.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, Result, ensure};
use api::{AdminKey, Origins};
use clap::Parser;
use reqwest::Url;
use telemetry::log::Format;

/// Images straight into the bucket by presigned URLs, renditions moments later: all of it on this machine.
// Without `Debug`: there is a secret in it.
#[derive(Clone, Parser)]
#[command(name = "tintype", version)]
pub struct Options {
    /// The folder that everything is kept in.
    #[arg(long, env = "TINTYPE_DATA", default_value = "./data")]
    pub data: PathBuf,

    /// Where page and API listen; port 0 picks a free one.
    #[arg(long, env = "TINTYPE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where S3 listens; port 0 picks a free one.
    #[arg(long, env = "TINTYPE_S3_LISTEN", default_value = "127.0.0.1:9000")]
    pub s3_listen: SocketAddr,

    /// The address under which page and API are reached from elsewhere, such as https://photos.example.org.
    #[arg(long, env = "TINTYPE_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// The address under which S3 is reached from elsewhere: signed URLs name it.
    #[arg(long, env = "TINTYPE_S3_PUBLIC_URL")]
    pub s3_public_url: Option<String>,

    /// Pages of other sites that may use API and S3, such as https://shop.example.org; several with commas between.
    #[arg(long, env = "TINTYPE_ALLOWED_ORIGINS", default_value = "", hide_default_value = true)]
    pub allowed_origins: Origins,

    /// Where notifications are sent, as SNS sends them to an HTTPS subscriber.
    #[arg(long, env = "TINTYPE_NOTIFY_URL")]
    pub notify_url: Option<String>,

    /// The first administrator's key, any text of 32 characters or more: with it nobody is answered without a key.
    ///
    /// Better as the variable: other users of the machine see flags.
    #[arg(long, env = "TINTYPE_ADMIN_KEY", hide_env_values = true)]
    pub admin_key: Option<String>,

    /// A JSON file of presets beside the built-in ones, as GET /presets answers.
    #[arg(long, env = "TINTYPE_PRESETS")]
    pub presets: Option<PathBuf>,

    /// How the log on standard error looks: `text` for a person, `json` for a collector.
    #[arg(long, env = "TINTYPE_LOG_FORMAT", default_value = "text")]
    pub log_format: Format,

    /// Keep the records in memory, to measure what the disk costs: all are lost at the end.
    #[arg(long, hide = true)]
    pub catalog_in_memory: bool,
}

impl Options {
    /// The administrator's key, if one is given. Brings the public addresses into the form in which browsers name them.
    /// Refuses to be within the reach of others without the key, or without being told under which name.
    pub fn check(&mut self) -> Result<Option<AdminKey>> {
        for (url, flag) in [(&mut self.public_url, "--public-url"), (&mut self.s3_public_url, "--s3-public-url")] {
            *url = url.as_deref().map(|url| origin(url, flag)).transpose()?;
        }
        if let Some(url) = &self.notify_url {
            web(url, "--notify-url")?;
        }
        let admin_key = self.admin_key.as_deref().map(AdminKey::accept).transpose()?;
        let named = self.public_url.is_some() && self.s3_public_url.is_some();
        let listens = [self.listen, self.s3_listen].into_iter().filter(|listen| !listen.ip().is_loopback());
        // Behind a proxy or a forwarded port others come by loopback.
        let urls = [&self.public_url, &self.s3_public_url].into_iter().flatten();
        let hosts = urls.filter_map(|url| host(url)).filter(|host| !is_loopback(host));
        if let Some(address) = listens.map(|listen| listen.to_string()).chain(hosts).next() {
            ensure!(
                named,
                "{address} can be reached from other machines: say under which addresses by --public-url and --s3-public-url"
            );
            ensure!(
                admin_key.is_some(),
                "{address} can be reached from other machines, and nobody there shall come in without a key: give an administrator's key of 32 characters or more by TINTYPE_ADMIN_KEY or --admin-key; openssl rand -hex 32 makes one"
            );
        }
        Ok(admin_key)
    }

    /// Whether others can read the keys on their way here.
    pub fn shows_keys(&self) -> bool {
        let is_plain = self.public_url.as_deref().is_some_and(|url| url.starts_with("http:"));
        is_plain && self.public_url.as_deref().and_then(host).is_some_and(|host| !is_loopback(&host))
    }
}

/// Without its port.
pub fn host(url: &str) -> Option<String> {
    Some(url.parse::<http::Uri>().ok()?.host()?.to_owned())
}

/// An address of ours as an origin: in lower case, without the port that everybody takes anyway.
fn origin(text: &str, flag: &str) -> Result<String> {
    let url = web(text, flag)?;
    let origin = url.origin().ascii_serialization();
    ensure!(url.as_str() == format!("{origin}/"), "{}, and nothing after host and port", needed(text, flag));
    Ok(origin)
}

fn web(text: &str, flag: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.with_context(|| needed(text, flag))
}

fn needed(text: &str, flag: &str) -> String {
    format!("{flag} is {text:?}: an address such as https://photos.example.org is needed")
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const NAMED: [&str; 4] = ["--public-url", "http://localhost:8080", "--s3-public-url", "http://localhost:9000"];

    fn options(flags: &[&str]) -> Options {
        Options::try_parse_from([&["tintype"], flags].concat()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn refusal(flags: &[&str]) -> Option<String> {
        options(flags).check().err().map(|fault| fault.to_string())
    }

    #[test]
    fn nobody_elsewhere_is_listened_to_without_an_administrator_s_key() {
        for elsewhere in [["--listen", "0.0.0.0:8080"], ["--s3-listen", "[::]:9000"], ["--listen", "192.0.2.1:80"]] {
            let named = [&elsewhere, &NAMED[..]].concat();
            let refused = refusal(&named).unwrap_or_else(|| panic!("{named:?} is not refused"));
            assert!(refused.contains(elsewhere[1]) && refused.contains("TINTYPE_ADMIN_KEY"), "{refused}");
            assert_eq!(refusal(&[&named, &["--admin-key", KEY][..]].concat()), None);
            assert!(refusal(&[&elsewhere, &["--admin-key", KEY][..]].concat()).unwrap().contains("--public-url"));
        }
    }

    #[test]
    fn a_public_address_is_for_others_too() {
        let both = [["--public-url", "https://photos.example.org"], ["--s3-public-url", "https://s3.example.org"]];
        for one in both {
            let refused = refusal(&[&one, &["--admin-key", KEY][..]].concat()).unwrap();
            assert!(refused.contains("example.org can be reached") && refused.contains("--s3-public-url"), "{refused}");
        }
        assert!(refusal(&both.concat()).unwrap().contains("TINTYPE_ADMIN_KEY"));
        assert_eq!(refusal(&[&both.concat(), &["--admin-key", KEY][..]].concat()), None);
        for own in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(refusal(&["--public-url", own]), None, "{own}");
        }
    }

    #[test]
    fn an_administrator_s_key_that_is_short_or_empty_stops_the_start() {
        for short in ["", "short"] {
            assert!(refusal(&["--admin-key", short]).unwrap().starts_with("TINTYPE_ADMIN_KEY has"));
        }
    }

    #[test]
    fn a_public_address_is_taken_as_browsers_name_it() {
        for (given, taken) in [
            ("https://Photos.Example.org/", "https://photos.example.org"),
            ("HTTPS://photos.example.org:443", "https://photos.example.org"),
            ("http://localhost:80", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let mut options = options(&["--public-url", given, "--s3-public-url", given, "--admin-key", KEY]);
            options.check().unwrap();
            assert_eq!((options.public_url.as_deref(), options.s3_public_url.as_deref()), (Some(taken), Some(taken)));
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_public_address_is_refused() {
        for given in ["photos.example.org", "ftp://a", "http://", "https://a/b", "https://a?b", "https://ann:x@a"] {
            for flag in ["--public-url", "--s3-public-url"] {
                let refused = refusal(&[flag, given, "--admin-key", KEY]).unwrap_or_else(|| panic!("{given}"));
                assert!(refused.starts_with(flag), "{refused}");
            }
        }
    }

    #[test]
    fn keys_are_shown_where_others_come_without_encryption() {
        for (url, shown) in
            [("http://photos.lan", true), ("https://photos.example.org", false), ("http://localhost:8080", false)]
        {
            assert_eq!(options(&["--public-url", url]).shows_keys(), shown, "{url}");
        }
        assert!(!options(&[]).shows_keys());
    }
}
