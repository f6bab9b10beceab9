//! Host names, resolved without a thread: `getaddrinfo` would block the session or need one.
//!
//! Invariant: only the system's own configuration is used (`/etc/hosts`, `/etc/resolv.conf`). Without one, a name is not
//! resolved: no public resolver learns it.

use hickory_resolver::TokioResolver;
use once_cell::sync::OnceCell;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;

/// Reads the configuration at the first name. It lives as long as the session's client, which a failed call ends: a
/// configuration that has changed is read again then.
#[derive(Clone, Default)]
pub struct SystemResolver(Arc<OnceCell<TokioResolver>>);

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let resolver = resolver
                .0
                .get_or_try_init(|| TokioResolver::builder_tokio()?.build())?;
            let found = resolver.lookup_ip(name.as_str()).await?;
            let addresses: Vec<SocketAddr> = found
                .iter()
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}
