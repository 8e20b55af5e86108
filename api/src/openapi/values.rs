//! Which values are accepted, as patterns and lists: from the constants and the settings that decide it.

use serde_json::Value;
use store::{ImageId, KeyId, Scope, catalog::Cursor};
use utoipa::openapi::{
    Object, OpenApi, RefOr, Schema,
    path::{Operation, Parameter},
    schema::{ArrayItems, SchemaType, Type},
};

use super::operations;
use crate::{Settings, filename, idempotency, images, keys, new_upload};

/// Tells it wherever such a value is asked for, or answered.
pub fn narrow(openapi: &mut OpenApi, settings: &Settings) {
    for operation in operations(openapi) {
        narrow_operation(operation, settings);
    }
    let new = "NewUpload";
    property(openapi, new, "filename").pattern = Some(filename::pattern());
    property(openapi, new, "content_type").pattern = Some(new_upload::content_type_pattern());
    property(openapi, new, "bytes").maximum = Some((settings.limits.max_bytes as f64).into());
    property(openapi, new, "preset").enum_values = Some([presets(settings), vec![Value::Null]].concat());
    property(openapi, "NewKey", "owner").pattern = Some(keys::OWNER_PATTERN.into());
    property(openapi, "NewKey", "name").pattern = Some(filename::visible_pattern());
    for answer in ["Key", "NewKey"] {
        items(openapi, answer, "scopes").enum_values = Some(Scope::ALL.map(|scope| scope.as_str().into()).into());
    }
    property(openapi, "Key", "id").pattern = Some(KeyId::PATTERN.into());
    for answer in ["Image", "Upload"] {
        property(openapi, answer, "id").pattern = Some(ImageId::PATTERN.into());
        property(openapi, answer, "status").enum_values = Some(statuses());
    }
}

fn narrow_operation(operation: &mut Operation, settings: &Settings) {
    let mut is_put = false;
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(RefOr::T(content)) = body.content.get_mut("application/octet-stream")
        && let Some(RefOr::T(Schema::Object(file))) = &mut content.schema
    {
        (file.min_length, is_put) = (Some(1), true);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            narrow_parameter(parameter, is_put, settings);
        }
    }
}

fn narrow_parameter(parameter: &mut Parameter, is_put: bool, settings: &Settings) {
    let Some(RefOr::T(Schema::Object(value))) = &mut parameter.schema else { return };
    // What may be left out is not therefore null: a header or a query knows no such thing.
    if let SchemaType::Array(types) = &value.schema_type
        && let Some(kind) = types.iter().find(|kind| **kind != Type::Null)
    {
        value.schema_type = SchemaType::Type(kind.clone());
    }
    match parameter.name.as_str() {
        "id" if is_put => {
            value.pattern = Some(filename::pattern());
            (value.min_length, value.max_length) = (Some(1), Some(filename::MAX_CHARACTERS));
        }
        "id" => value.pattern = Some(ImageId::PATTERN.into()),
        "key_id" | "after" => value.pattern = Some(KeyId::PATTERN.into()),
        "owner" => value.pattern = Some(keys::OWNER_PATTERN.into()),
        "preset" => value.enum_values = Some(presets(settings)),
        "status" => value.enum_values = Some(statuses()),
        "cursor" => value.pattern = Some(Cursor::PATTERN.into()),
        "download" => value.enum_values = Some(images::DOWNLOAD.map(Value::from).into()),
        "Idempotency-Key" => {
            value.pattern = Some(idempotency::PATTERN.into());
            (value.min_length, value.max_length) = (Some(1), Some(idempotency::MAX_CHARACTERS));
        }
        _ => {}
    }
}

fn presets(settings: &Settings) -> Vec<Value> {
    settings.presets.all().iter().map(|preset| Value::from(preset.name.as_str())).collect()
}

fn statuses() -> Vec<Value> {
    images::SHOWN.map(|status| Value::from(status.as_str())).into()
}

/// The property of a schema; that there is one is a matter of the code, not of anybody's input.
fn property<'a>(openapi: &'a mut OpenApi, schema: &str, name: &str) -> &'a mut Object {
    let Schema::Object(property) = any_property(openapi, schema, name) else { panic!("{name} is no plain value") };
    property
}

/// What a list holds.
fn items<'a>(openapi: &'a mut OpenApi, schema: &str, name: &str) -> &'a mut Object {
    let Schema::Array(list) = any_property(openapi, schema, name) else { panic!("{name} is no list") };
    let ArrayItems::RefOrSchema(items) = &mut list.items else { panic!("{name} is a list of nothing") };
    let RefOr::T(Schema::Object(items)) = &mut **items else { panic!("{name} is no list of plain values") };
    items
}

fn any_property<'a>(openapi: &'a mut OpenApi, schema: &str, name: &str) -> &'a mut Schema {
    let schemas = openapi.components.as_mut().map(|components| &mut components.schemas);
    let schema = schemas.and_then(|schemas| schemas.get_mut(schema));
    let Some(RefOr::T(Schema::Object(object))) = schema else { panic!("no such schema as that of {name}") };
    let Some(RefOr::T(property)) = object.properties.get_mut(name) else { panic!("no property {name}") };
    property
}
