//! The tables that `template.yaml` makes on AWS.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType, TimeToLiveSpecification,
    },
};
use store::{
    accounts::ACCOUNT_KEY,
    catalog::{BY_OWNER, UNSETTLED},
};

/// Makes the images table unless it is there.
pub async fn create_images(client: &Client, table: &str) -> Result<()> {
    if is_there(client, table).await {
        return Ok(());
    }
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("image_id", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("owner", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("owner_order", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("unsettled", ScalarAttributeType::N)?)
        .attribute_definitions(attribute("deadline", ScalarAttributeType::N)?)
        .key_schema(key("image_id", KeyType::Hash)?)
        .global_secondary_indexes(index(BY_OWNER, "owner", "owner_order")?)
        .global_secondary_indexes(index(UNSETTLED, "unsettled", "deadline")?)
        .send()
        .await
        .context("make the images table")?;
    let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(expiry)
        .send()
        .await
        .context("let tombstones expire")?;
    Ok(())
}

/// Makes the accounts table unless it is there.
pub async fn create_accounts(client: &Client, table: &str) -> Result<()> {
    if is_there(client, table).await {
        return Ok(());
    }
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(ACCOUNT_KEY, ScalarAttributeType::S)?)
        .key_schema(key(ACCOUNT_KEY, KeyType::Hash)?)
        .send()
        .await
        .context("make the accounts table")?;
    Ok(())
}

async fn is_there(client: &Client, table: &str) -> bool {
    client.describe_table().table_name(table).send().await.is_ok()
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition> {
    Ok(AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()?)
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement> {
    Ok(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
}

/// Keys only: a projected attribute that changes costs a second write.
fn index(name: &str, hash: &str, range: &str) -> Result<GlobalSecondaryIndex> {
    Ok(GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(hash, KeyType::Hash)?)
        .key_schema(key(range, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()?)
}
