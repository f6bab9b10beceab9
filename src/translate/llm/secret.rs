//! The provider's key: where it comes from.
//!
//! Invariant: the key is read for one call, is a [`SecretString`] from then on (wiped when dropped, without a `Debug` form),
//! and goes into one header that the HTTP client treats as sensitive. No message names it or its file.

use super::server_file::{self, Access};
use crate::error::{Error, Result, SqlState};
use crate::postgres::secret_setting;
use crate::settings::llm as settings;
use secrecy::{ExposeSecret, SecretString};

/// The key, from the first of `insightflow.api_key_file`, `api_key_env` and `api_key` that is set; `None` when none is, as
/// for a server of one's own.
///
/// # Errors
/// 55000 when a source is set and cannot be used.
pub fn key() -> Result<Option<SecretString>> {
    if let Some(path) = settings::api_key_file() {
        let bytes = server_file::read(&path, Access::Owner, 16 * 1024)
            .map_err(|why| unusable("insightflow.api_key_file").with_detail(why))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            unusable("insightflow.api_key_file").with_detail("The file is not text.")
        })?;
        return checked(SecretString::from(text.trim()), "insightflow.api_key_file").map(Some);
    }
    if let Some(name) = settings::api_key_env() {
        let text = std::env::var(&name).map_err(|_| {
            unusable("insightflow.api_key_env")
                .with_detail("The server's environment has no such variable.")
        })?;
        return checked(SecretString::from(text.trim()), "insightflow.api_key_env").map(Some);
    }
    if let Some(text) = settings::api_key() {
        return checked(SecretString::from(text), "insightflow.api_key").map(Some);
    }
    if secret_setting::was_ignored() {
        return Err(unusable("insightflow.api_key")
            .with_detail("It was given in a place that others can read (for a role, a database or a function, on the command line, or in postgresql.conf of a server that does not preload the library), so it is not used.")
            .with_hint("Change the key, and put the new one into a file that insightflow.api_key_file names."));
    }
    Ok(None)
}

/// A key is visible ASCII: anything else (a line break, above all) would become part of the request.
fn checked(key: SecretString, setting: &str) -> Result<SecretString> {
    let text = key.expose_secret();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable(setting).with_detail(
            "The key is empty or holds other characters than letters, digits and signs.",
        ));
    }
    Ok(key)
}

fn unusable(setting: &str) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("{setting} is not usable"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_carry_a_header() {
        for bad in ["", "a b", "a\r\nX-Evil: 1", "schlüssel", "a\0b"] {
            let error = checked(SecretString::from(bad), "x").expect_err(bad);
            assert!(bad.is_empty() || !format!("{error:?}").contains(bad));
        }
        assert!(checked(SecretString::from("sk-ant-api03_A.b=/+"), "x").is_ok());
    }
}
