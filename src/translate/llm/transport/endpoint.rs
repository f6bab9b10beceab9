//! Where a provider is: `insightflow.base_url`, checked. Pure.

use crate::error::{Error, Result};
use reqwest::Url;
use std::net::IpAddr;

/// An address that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Checks an address: `https`, or `http` to this host; no user, no fragment, no query but Azure's `api-version`, because
    /// a key in an address ends up in logs.
    ///
    /// # Errors
    /// 22023, which names the rule and not the address.
    pub fn parse(text: &str, allow_plain_http: bool) -> Result<Endpoint> {
        let base =
            Url::parse(text).map_err(|error| refused(format!("It is not an address: {error}.")))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refused("It holds a user or a password."));
        }
        if base.fragment().is_some() {
            return Err(refused("It holds a fragment."));
        }
        if base.query_pairs().any(|(name, _)| name != "api-version") {
            return Err(refused("It holds a query other than api-version."));
        }
        if base.host_str().is_none() {
            return Err(refused("It names no host."));
        }
        match base.scheme() {
            "https" => {}
            "http" if allow_plain_http || is_this_host(&base) => {}
            "http" => {
                return Err(refused("Without TLS only this host may be called.")
                    .with_hint("Use https, or let a superuser set insightflow.allow_plain_http where the network is trusted."));
            }
            _ => return Err(refused("Only https and http are possible.")),
        }
        Ok(Endpoint { base })
    }

    /// The address of a call: the path is added to the base's own, and the query stays.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let joined = format!("{}/{path}", self.base.path().trim_end_matches('/'));
        url.set_path(&joined);
        url
    }

    /// Whether it is Azure's form, which alone has `api-version` and takes the key in a header of its own.
    pub fn is_azure(&self) -> bool {
        self.base.query().is_some()
    }

    /// What tells one address from another; not meant to be shown.
    pub fn as_str(&self) -> &str {
        self.base.as_str()
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::question("insightflow.base_url is not usable").with_detail(why)
}

/// localhost and loopback addresses.
fn is_this_host(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_host_only() {
        for good in [
            "http://localhost:11434/v1",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/v1",
            "https://api.openai.com/v1",
        ] {
            assert!(Endpoint::parse(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://api.openai.com/v1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "ftp://localhost",
            "gopher://localhost",
            "https://user:secret@example.com",
            "https://example.com/v1?key=secret",
            "https://example.com/v1#x",
            "example.com",
            "",
        ] {
            let error = Endpoint::parse(bad, false).expect_err(bad);
            assert_eq!(error.state.0, "22023", "{bad}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        assert!(Endpoint::parse("http://ollama:11434/v1", true).is_ok());
        assert!(Endpoint::parse("ftp://ollama", true).is_err());
    }

    #[test]
    fn a_path_is_added_and_the_query_stays() {
        let url = |base: &str| {
            Endpoint::parse(base, false)
                .expect(base)
                .url("chat/completions")
                .to_string()
        };
        assert_eq!(
            url("https://api.openai.com/v1/"),
            "https://api.openai.com/v1/chat/completions"
        );
        assert_eq!(url("https://host"), "https://host/chat/completions");
        assert_eq!(
            url("https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21"),
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
        );
    }
}
