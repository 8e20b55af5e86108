//! Requests written out by hand, for what no well-behaved client sends.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::site::text;

/// A request that may yet be changed into a wrong one.
#[derive(Clone, Debug)]
pub struct Wire {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where it goes, whatever its header says.
    address: String,
}

#[derive(Debug)]
pub struct Received {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Wire {
    /// To `url`, with its host and the length of the body.
    pub fn new(method: &str, url: &str, body: &[u8]) -> Self {
        let rest = url.strip_prefix("http://").unwrap();
        let (address, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = ("host".to_owned(), address.to_owned());
        let length = ("content-length".to_owned(), body.len().to_string());
        let headers = if body.is_empty() { vec![host] } else { vec![host, length] };
        Self { method: method.into(), target: target.into(), headers, body: body.into(), address: address.into() }
    }

    /// The PUT of a grant, with exactly the headers that it lists.
    pub fn granted(grant: &Value, body: &[u8]) -> Self {
        let put = &grant["upload"];
        let listed = put["headers"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value)));
        let mut wire = Self::new("PUT", &text(&put["url"]), body);
        wire.headers.extend(listed);
        wire
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Another value for a header that it has.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|wire| {
            for header in wire.headers.iter_mut().filter(|header| header.0 == name) {
                header.1 = value.into();
            }
        })
    }

    pub fn and_header(self, name: &str, value: &str) -> Self {
        self.with(|wire| wire.headers.push((name.into(), value.into())))
    }

    pub fn without_header(self, name: &str) -> Self {
        self.with(|wire| wire.headers.retain(|header| header.0 != name))
    }

    pub async fn send(&self) -> Received {
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(&[head.as_bytes(), b"\r\n", &self.body].concat()).await.unwrap();
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut piece).await.unwrap();
            answer.extend(&piece[..read]);
            if read == 0 || Received::is_whole(&answer, self.method == "HEAD") {
                return Received::read(&answer);
            }
        }
    }
}

impl Received {
    /// Whoever announced more than it sent is answered, but the connection stays open for the rest.
    fn is_whole(answer: &[u8], is_head: bool) -> bool {
        let Some(end) = end_of_head(answer) else { return false };
        let length = Self::read(answer).headers.get("content-length").map(|length| length.to_str().unwrap().parse());
        length.is_some_and(|length: Result<usize, _>| is_head || answer.len() - end >= length.unwrap())
    }

    fn read(answer: &[u8]) -> Self {
        let end = end_of_head(answer).unwrap_or_else(|| panic!("no answer but {:?}", String::from_utf8_lossy(answer)));
        let head = String::from_utf8_lossy(&answer[..end]);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        Self { status, headers: headers.collect(), body: answer[end..].to_vec() }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Where the body begins.
fn end_of_head(answer: &[u8]) -> Option<usize> {
    Some(answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4)
}
