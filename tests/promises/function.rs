//! A binary as a function: its process under the Runtime API, beside a site whose services it uses.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tests::{
    calls::{batch, request},
    lambda::Runtime,
};
use tokio::process::{Child, Command};

use crate::{
    services,
    site::{ADMIN_KEY, Folder, PATIENCE, Site, text},
};

const LOG: &str = "log";

/// The folder of functions that SAM has built; without it the programs that are built beside the tests are run.
const SAM_BUILD: &str = "TINTYPE_SAM_BUILD";

pub enum Binary {
    Api,
    Processor,
}

pub struct Function {
    pub process: Child,
    runtime: Runtime,
    folder: Folder,
    /// What requests to the API are made with.
    key: String,
}

impl Binary {
    /// With these variables and no others, as on a machine that knows nothing of us.
    pub fn command(&self, variables: &[(&'static str, String)]) -> Command {
        let mut command = Command::new(self.program());
        command.env_clear().envs(variables.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        command
    }

    fn program(&self) -> PathBuf {
        let (function, beside) = match self {
            Self::Api => ("ApiFunction", env!("CARGO_BIN_EXE_api-under-test")),
            Self::Processor => ("ProcessorFunction", env!("CARGO_BIN_EXE_processor-under-test")),
        };
        match std::env::var_os(SAM_BUILD) {
            Some(built) => Path::new(&built).join(function).join("bootstrap"),
            None => beside.into(),
        }
    }
}

impl Function {
    pub async fn start(site: &Site, binary: Binary) -> Self {
        Self::start_with(&services::variables(site).await, binary).await
    }

    pub async fn start_with(variables: &[(&'static str, String)], binary: Binary) -> Self {
        let (runtime, folder) = (Runtime::start().await.unwrap(), Folder::new());
        std::fs::create_dir_all(&folder.0).unwrap();
        let log = File::create(folder.0.join(LOG)).unwrap();
        let mut command = binary.command(variables);
        #[cfg(target_os = "linux")]
        tests::sandbox::confine(command.as_std_mut()).unwrap();
        let process = command.envs(runtime.variables("tested")).stdout(log).spawn().unwrap();
        let mut function = Self { process, runtime, folder, key: ADMIN_KEY.into() };
        if matches!(binary, Binary::Api) {
            function.key = function.make_key().await;
        }
        function
    }

    /// Of the owner whose the images of an open site are.
    async fn make_key(&self) -> String {
        let scopes = ["uploads:create", "images:read", "images:delete"];
        let new = json!({ "owner": "local", "scopes": scopes }).to_string();
        text(&body(&self.request("POST", "/keys", Some((&new, false))).await)["key"])
    }

    /// What it answers to an event for which it has time enough.
    pub async fn answer(&self, event: Value) -> Value {
        self.answer_within(PATIENCE, event).await
    }

    pub async fn answer_within(&self, time: Duration, event: Value) -> Value {
        self.runtime.invoke(event, time).await.unwrap()
    }

    /// What CloudWatch would be told of a metric, in its order.
    pub fn metric(&self, name: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.folder.0.join(LOG)).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["_aws"].is_object()).filter_map(|line| line.get(name).cloned()).collect()
    }

    /// Of a batch the messages that are to come again, by their places.
    pub async fn failures(&self, bodies: &[String]) -> Vec<String> {
        self.failures_within(PATIENCE, bodies).await
    }

    pub async fn failures_within(&self, time: Duration, bodies: &[String]) -> Vec<String> {
        let answer = self.answer_within(time, batch(bodies)).await;
        let failures = answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{answer}"));
        failures.iter().map(|failure| text(&failure["itemIdentifier"])).collect()
    }

    /// Each request to the API goes through here: the body as text, and whether that is base64.
    pub async fn request(&self, method: &str, path_and_query: &str, body: Option<(&str, bool)>) -> Value {
        self.answer(request(method, path_and_query, Some(&self.key), body)).await
    }
}

/// The body of an answer to API Gateway.
pub fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false, "{answer}");
    serde_json::from_str(&text(&answer["body"])).unwrap()
}
