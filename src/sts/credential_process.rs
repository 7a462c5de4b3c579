//! `credential_process`: long-term keys printed by a program of the user (AWS SDKs reference guide,
//! "Process credential provider").

use serde_json::{Map, Value as Json};

use crate::clock;
use crate::error::Error;
use crate::program::Program;
use crate::session::{Keys, format_time, is_access_key_id, is_temporary, parse_time};
use crate::value::Value;

/// Runs the program and reads the keys that it prints.
pub async fn keys(program: &Program) -> Result<Keys, Error> {
    let printed = program.output().await?;
    keys_in(&printed).map_err(|problem| {
        let error = program.bad_output(&problem);
        match problem.as_str() {
            TEMPORARY if program.line().contains("aws-vault export") => error.hint(
                "let aws-vault print the long-term keys: aws-vault export --no-session --format=json NAME",
            ),
            _ => error,
        }
    })
}

const TEMPORARY: &str = "gave temporary credentials, which cannot start an MFA session";

fn keys_in(printed: &[u8]) -> Result<Keys, String> {
    if printed.trim_ascii().is_empty() {
        return Err("printed nothing".to_owned());
    }
    let mut answer: Map<String, Json> =
        serde_json::from_slice(printed).map_err(|_| "did not print a JSON object")?;
    match answer.get("Version") {
        Some(version) if version.as_f64() == Some(1.0) => {}
        Some(_) => return Err("printed a Version other than 1".to_owned()),
        None => return Err("printed no Version".to_owned()),
    }
    let access_key_id = text(&mut answer, "AccessKeyId").ok_or("printed no AccessKeyId")?;
    let access_key_id = access_key_id.as_str().unwrap_or_default().to_owned();
    let secret_access_key =
        text(&mut answer, "SecretAccessKey").ok_or("printed no SecretAccessKey")?;
    if text(&mut answer, "SessionToken").is_some() || is_temporary(&access_key_id) {
        return Err(TEMPORARY.to_owned());
    }
    if !is_access_key_id(&access_key_id) {
        return Err(
            "printed an AccessKeyId with characters other than letters, digits and _".to_owned(),
        );
    }
    match answer.get("Expiration") {
        None | Some(Json::Null) => {}
        Some(expiration) => match expiration.as_str().and_then(parse_time) {
            None => return Err("printed an Expiration that is no time in RFC 3339".to_owned()),
            Some(end) if end <= clock::now() => {
                return Err(format!("printed keys that expired at {}", format_time(end)));
            }
            Some(_) => {}
        },
    }
    Ok(Keys {
        access_key_id,
        secret_access_key,
    })
}

/// Takes a text out of the document, so that it is wiped; an empty one counts as absent.
fn text(answer: &mut Map<String, Json>, name: &str) -> Option<Value> {
    match answer.remove(name)? {
        Json::String(text) if !text.is_empty() => Some(Value::from(text)),
        _ => None,
    }
}
