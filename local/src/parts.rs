//! The api and the processor, given clients that lead to what is embedded here. They know nothing of it.

use std::net::SocketAddr;

use anyhow::Result;
use api::{AdminKey, Origins};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::{client::http::SharedHttpClient, shared::IntoShared};
use preset::Presets;
use processor::Processor;
use store::{Accounts, Catalog, Objects, Settings};

use crate::{Wiring, connector::InProcess, folder::Folder, s3, tables, topic};

pub const REGION: &str = "us-east-1";
pub const IMAGES_TABLE: &str = "images";
const ACCOUNTS_TABLE: &str = "accounts";
/// Whose all is that comes while nobody needs a key.
pub const OWNER: &str = "local";
const ACCESS_KEY: &str = "tintype";

/// What all clients need.
pub struct Parts {
    credentials: Credentials,
    names: Settings,
    database: SharedHttpClient,
    s3: SharedHttpClient,
    s3_endpoint: String,
    wiring: Wiring,
}

impl Parts {
    pub fn new(
        folder: &Folder,
        database: InProcess,
        s3_address: SocketAddr,
        s3_public_url: &str,
        wiring: Wiring,
    ) -> Result<Self> {
        let secret_key = hex::encode(folder.secret("s3"));
        let buckets = buckets();
        Ok(Self {
            credentials: Credentials::new(ACCESS_KEY, secret_key, None, None, "the data folder"),
            names: Settings {
                images_table: IMAGES_TABLE.into(),
                originals_bucket: buckets.originals,
                renditions_bucket: buckets.renditions,
                s3_public_url: Some(s3_public_url.to_owned()),
                s3_path_style: true,
                renditions_url: None,
            },
            database: (wiring.between)("dynamodb", database.into_shared()),
            s3: (wiring.between)("s3", aws_smithy_http_client::Builder::new().build_http()),
            s3_endpoint: format!("http://{s3_address}"),
            wiring,
        })
    }

    /// Makes the tables that are missing.
    pub async fn prepare(&self) -> Result<()> {
        self.names.check()?;
        tables::create_images(&self.dynamodb(), IMAGES_TABLE).await?;
        tables::create_accounts(&self.dynamodb(), ACCOUNTS_TABLE).await
    }

    pub fn s3_credentials(&self) -> s3::Credentials {
        s3::Credentials {
            access_key: self.credentials.access_key_id().to_owned(),
            secret_key: self.credentials.secret_access_key().to_owned(),
        }
    }

    /// Without an administrator's key it is open until there is a key that was not revoked.
    pub async fn api(
        &self,
        folder: &Folder,
        presets: Presets,
        admin_key: Option<AdminKey>,
        allowed_origins: &Origins,
    ) -> Result<api::App> {
        let accounts = Accounts::new(self.dynamodb(), ACCOUNTS_TABLE);
        let is_open = admin_key.is_none() && !accounts.has_key().await?;
        let settings = api::Settings {
            admin_key,
            open_as: is_open.then(|| OWNER.into()),
            allowed_origins: allowed_origins.clone(),
            ..api::Settings::new(folder.secret("ids").to_vec(), presets)
        };
        Ok(api::App::new(self.catalog(), self.objects(), accounts, settings))
    }

    pub fn processor(&self, topic: InProcess) -> Processor {
        let sns = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(self.credentials.clone())
            .http_client((self.wiring.between)("sns", topic.into_shared()))
            .timeout_config(store::timeouts())
            .build();
        Processor {
            catalog: self.catalog(),
            objects: self.objects(),
            topic: processor::Topic::new(aws_sdk_sns::Client::from_conf(sns), topic::ARN),
            darkroom: self.wiring.darkroom.clone(),
            settings: processor::Settings {
                lease_seconds: self.wiring.lease_seconds,
                ..processor::Settings::default()
            },
            stop_at: processor::StopAt::never(),
        }
    }

    fn catalog(&self) -> Catalog {
        Catalog::new(self.dynamodb(), IMAGES_TABLE)
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(self.credentials.clone())
            .http_client(self.database.clone())
            .timeout_config(store::timeouts())
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    fn objects(&self) -> Objects {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(self.credentials.clone())
            .endpoint_url(&self.s3_endpoint)
            .http_client(self.s3.clone())
            .timeout_config(store::timeouts())
            .build();
        Objects::new(config, SharedCredentialsProvider::new(self.credentials.clone()), &self.names)
    }
}

pub fn buckets() -> s3::Buckets {
    s3::Buckets { region: REGION.into(), originals: "originals".into(), renditions: "renditions".into() }
}
