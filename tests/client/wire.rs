//! Every byte that the server sends to a client: a proxy between the two that keeps them.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// A proxy. It ends, with its connections, when this is dropped.
pub struct Wire {
    received: Arc<Mutex<Vec<u8>>>,
    port: u16,
    proxy: tokio::task::AbortHandle,
}

impl Wire {
    /// Listens for clients of a server.
    pub async fn to(server: &Config) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, server) = (Arc::clone(&received), server.clone());
        let proxy = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (kept, server) = (Arc::clone(&kept), server.clone());
                connections.spawn(async move {
                    let port = server.get_ports()[0];
                    match &server.get_hosts()[0] {
                        Host::Tcp(host) => {
                            let server = TcpStream::connect((host.as_str(), port)).await;
                            pass(client, server.expect("the server"), &kept).await;
                        }
                        Host::Unix(folder) => {
                            let socket = folder.join(format!(".s.PGSQL.{port}"));
                            let server = UnixStream::connect(socket).await;
                            pass(client, server.expect("the server"), &kept).await;
                        }
                    }
                });
            }
        });
        Wire {
            received,
            port,
            proxy: proxy.abort_handle(),
        }
    }

    /// The same login, by way of the proxy.
    pub fn through(&self, login: &Config) -> Config {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(self.port)
            .user(login.get_user().unwrap_or_default())
            .dbname(login.get_dbname().unwrap_or_default());
        config
    }

    /// All that clients have received until now, as text.
    pub fn received(&self) -> String {
        let bytes = self.received.lock().expect("no test panics with it");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.proxy.abort();
    }
}

async fn pass(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Unpin,
    kept: &Mutex<Vec<u8>>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let asking = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let answering = async {
        let mut block = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut block).await {
            let bytes = &block[..count];
            kept.lock().expect("no test panics with it").extend(bytes);
            if to_client.write_all(bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(asking, answering);
}
