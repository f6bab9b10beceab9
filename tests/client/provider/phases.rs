//! Servers that stop in the middle of a call, one for each phase of it.

use super::{Act, Certificate, Format, Provider, Step};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// How far a call gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The system sends the first packet of a connection, and nobody answers it.
    Connecting,
    /// The other side accepts the connection and says nothing of TLS.
    Handshake,
    /// The request has arrived, over http.
    Waiting,
    /// The request has arrived, over TLS.
    WaitingTls,
    /// Half of the answer has been sent.
    HalfAnswer,
    /// The provider has asked to come again later.
    Pausing,
}

impl Phase {
    pub const ALL: [Phase; 6] = [
        Phase::Connecting,
        Phase::Handshake,
        Phase::Waiting,
        Phase::WaitingTls,
        Phase::HalfAnswer,
        Phase::Pausing,
    ];
}

/// A server that lets a call get to its phase and no further.
pub enum Stuck {
    /// A queue of connections that is full.
    Full {
        listener: TcpListener,
        _queue: Vec<TcpStream>,
    },
    /// Connections are accepted and read.
    Mute {
        port: u16,
        heard: watch::Receiver<bool>,
        server: tokio::task::AbortHandle,
    },
    Provider(Provider),
}

impl Stuck {
    pub async fn at(phase: Phase) -> Stuck {
        let provider = match phase {
            Phase::Connecting => return full().await,
            Phase::Handshake => return mute().await,
            Phase::WaitingTls => Provider::start_tls(Certificate::Good).await,
            _ => Provider::start().await,
        };
        provider.always(match phase {
            Phase::HalfAnswer => Step::half(Act::Hold),
            Phase::Pausing => Step::status_with(
                503,
                &[("retry-after", "50")],
                &serde_json::json!({"error": {"message": "later"}}),
            ),
            _ => Step::hold(),
        });
        Stuck::Provider(provider)
    }

    pub fn base_url(&self) -> String {
        match self {
            Stuck::Full { listener, .. } => {
                let address = listener.local_addr().expect("an address");
                format!("http://{address}/v1")
            }
            Stuck::Mute { port, .. } => format!("https://localhost:{port}/v1"),
            Stuck::Provider(provider) => provider.base_url(Format::OpenAi),
        }
    }

    /// The file that `insightflow.ca_file` must name, when there is one.
    pub fn ca_file(&self) -> Option<String> {
        match self {
            Stuck::Provider(provider) => provider.ca_file_name(),
            _ => None,
        }
    }

    /// Waits until a call has got there.
    pub async fn until_reached(&self) {
        match self {
            Stuck::Full { listener, .. } => {
                until_syn_sent(listener.local_addr().expect("an address").port()).await;
            }
            Stuck::Mute { heard, .. } => {
                let mut heard = heard.clone();
                heard.wait_for(|heard| *heard).await.expect("a server");
            }
            Stuck::Provider(provider) => provider.until_called(1).await,
        }
    }

    /// Waits until the caller has closed what it had opened.
    pub async fn until_left(&self) {
        if let Stuck::Provider(provider) = self {
            provider.until_open(0).await;
        }
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        if let Stuck::Mute { server, .. } = self {
            server.abort();
        }
    }
}

async fn full() -> Stuck {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let listener = socket.listen(1).expect("a queue");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    // The system takes a few more than was asked for; the first that is not taken shows that the queue is full.
    let patience = std::time::Duration::from_millis(500);
    while let Ok(Ok(stream)) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue is never full");
    }
    Stuck::Full {
        listener,
        _queue: queue,
    }
}

async fn mute() -> Stuck {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (heard, receiver) = watch::channel(false);
    let server = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1];
            if stream.read(&mut hello).await.is_ok_and(|read| read == 1) {
                heard.send_replace(true);
            }
            connections.push(stream);
        }
    });
    Stuck::Mute {
        port,
        heard: receiver,
        server: server.abort_handle(),
    }
}

/// Waits until a connection to the port has sent its first packet, as /proc/net/tcp shows it.
async fn until_syn_sent(port: u16) {
    const SYN_SENT: &str = "02";
    let remote = format!(":{port:04X}");
    for _ in 0..100_000 {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
        let waiting = table.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.len() > 3 && fields[2].ends_with(&remote) && fields[3] == SYN_SENT
        });
        if waiting {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nobody connects to port {port}");
}
