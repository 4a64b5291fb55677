//! Where Redis is: one setting, read once, and said to people without its passwords.
//!
//! | form | what it names |
//! | --- | --- |
//! | `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` | a server; `valkey://` is the same |
//! | `redis+unix:///PATH[?database=N&user=U&password=P]` | a server at a socket of this machine |
//! | `redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT][,…]/NAME[/DATABASE]` | the master that these Sentinels call NAME |
//! | `redis+cluster://[[USER]:PASSWORD@]HOST[:PORT][,…]` | a cluster, of which these are some nodes |
//!
//! `rediss`, `valkeys`, `rediss+sentinel` and `rediss+cluster` are the same over TLS; they take `?ca=PATH` for
//! authorities in place of the public ones, and `certificate=PATH&key=PATH` for this client's own, all of them PEM.
//! Sentinels that want another login than Redis take `?sentinel_user=U&sentinel_password=P`. Each form takes
//! `?durability=strict&replicas=N`.

use std::time::Duration;
use std::{borrow::Cow, collections::BTreeMap, fmt, path::PathBuf};

use percent_encoding::percent_decode_str;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ClientTlsConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, TlsCertificates};
use url::Url;

use super::durability::Durability;
use super::server::Server;
use crate::domain::{Invalid, Secret};
use crate::store::{Result, StoreError};

/// How long a connection is idle before the kernel asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long between such questions; three without an answer end the connection.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
/// How long what was sent may stay unacknowledged before the kernel ends the connection.
const USER_TIMEOUT: Duration = Duration::from_secs(5);

/// Where Redis listens, and where its Sentinels do, unless the address says otherwise.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Each form, what it names, and whether it is over TLS.
const FORMS: [(&str, Form, bool); 9] = [
    ("redis", Form::Server, false),
    ("rediss", Form::Server, true),
    ("valkey", Form::Server, false),
    ("valkeys", Form::Server, true),
    ("redis+unix", Form::Socket, false),
    ("redis+sentinel", Form::Sentinels, false),
    ("rediss+sentinel", Form::Sentinels, true),
    ("redis+cluster", Form::Cluster, false),
    ("rediss+cluster", Form::Cluster, true),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Server,
    Socket,
    Sentinels,
    Cluster,
}

impl Form {
    /// What an address of this form looks like, for people.
    const fn expected(self) -> &'static str {
        match self {
            Self::Server => "expected redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]",
            Self::Socket => "expected redis+unix:///PATH[?database=N&user=USER&password=PASSWORD]",
            Self::Sentinels => "expected redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/NAME[/DATABASE]",
            Self::Cluster => "expected redis+cluster://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]",
        }
    }

    /// The names that its query may have; `over_tls` adds three.
    const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Socket => &["database", "user", "password"],
            Self::Sentinels => &["sentinel_user", "sentinel_password"],
            Self::Server | Self::Cluster => &[],
        }
    }
}

/// What an address leads to.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// One server.
    Server(Server),
    /// One server, at a socket of this machine.
    Socket(PathBuf),
    /// The master of this name, where these Sentinels say.
    Sentinels(Vec<Server>, String, RedisConnectionInfo),
    /// A cluster that has these nodes.
    Cluster(Vec<Server>),
}

/// Where Redis is, and who we are there.
#[derive(Clone)]
pub struct RedisAddress {
    text: Secret,
    redacted: String,
    place: Place,
    login: RedisConnectionInfo,
    tls: Option<TlsCertificates>,
    durability: Durability,
}

impl RedisAddress {
    /// The forms that an address may have, for people.
    pub const EXPECTED: &str = "redis://, rediss://, redis+unix://, redis+sentinel:// or redis+cluster://";

    /// Whether a text means to be an address of this kind.
    pub fn is_meant_by(text: &str) -> bool {
        text.split_once(':').is_some_and(|(name, _)| FORMS.iter().any(|(form, ..)| *form == name))
    }

    /// Accepts an address, as this file's head lists them, and reads the files that it names.
    ///
    /// # Errors
    /// When it has another form, no host, a user without a password, a database that is not a number up to 65535, a
    /// parameter or a fragment that has no meaning, or names a file that cannot be used. So `#insecure`, by which some
    /// clients skip the certificate's check, is refused. The text is never repeated.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unknown = || Invalid::new("store", "is not a URL of Redis").hint(format!("expected {}", Self::EXPECTED));
        let (name, behind) = text.split_once("://").ok_or_else(unknown)?;
        let (name, form, over_tls) = FORMS.into_iter().find(|(form, ..)| *form == name).ok_or_else(unknown)?;
        let refused = |rule: &str| Invalid::new("store", rule).hint(form.expected());
        let written = Written::split(name, behind).ok_or_else(|| refused("is not a URL"))?;
        let of_tls: &[_] = if over_tls { &["ca", "certificate", "key"] } else { &[] };
        let known = [form.parameters(), of_tls, &Durability::PARAMETERS].concat();
        let given = written.parameters(&known).ok_or_else(|| {
            let names = known.iter().map(|name| format!(" {name}")).collect::<String>();
            refused(&format!("has a query or a fragment without a meaning here; it may have:{names}"))
        })?;
        let tls = over_tls.then(|| certificates(&given)).transpose()?;
        let (place, login) = written.place(form, &given).map_err(|rule| refused(&rule))?;
        let fails_over = matches!(form, Form::Sentinels | Form::Cluster);
        let durability = Durability::read(&given, fails_over).map_err(|rule| refused(&rule))?;
        let redacted = redacted(name, &place, &login, durability);
        let address = Self { text: Secret::new(text), redacted, place, login, tls, durability };
        address.check().map_err(|error| refused(&format!("names certificates that cannot be used: {error}")))?;
        Ok(address)
    }

    /// The address without users and passwords, for people.
    pub fn redacted(&self) -> &str {
        &self.redacted
    }

    /// When what is written there counts as kept.
    pub(super) const fn durability(&self) -> Durability {
        self.durability
    }

    /// What it leads to.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it leads to a cluster.
    pub(super) const fn is_cluster(&self) -> bool {
        matches!(self.place, Place::Cluster(_))
    }

    /// Says where it is: `Redis at db.example:6379, database 0, over TLS`.
    pub(super) fn describe(&self) -> String {
        let tls = if self.tls.is_some() { ", over TLS" } else { "" };
        let (database, class) = (self.login.db(), self.durability.described());
        match &self.place {
            Place::Server(server) => format!("Redis at {server}, database {database}{tls}{class}"),
            Place::Socket(path) => format!("Redis at {}, database {database}{class}", path.display()),
            Place::Sentinels(sentinels, name, _) => {
                let at = listed(sentinels, ", ");
                format!("Redis, the master that the Sentinels at {at} call {name}, database {database}{tls}{class}")
            }
            Place::Cluster(nodes) => format!("Redis Cluster at {}{tls}{class}", listed(nodes, ", ")),
        }
    }

    /// A client of this server, which keeps what we write.
    pub(super) fn client_of(&self, server: &Server) -> Result<Client> {
        self.client(self.at(server), self.login.clone())
    }

    /// A client of the server at this socket.
    pub(super) fn client_at(&self, path: PathBuf) -> Result<Client> {
        self.client(ConnectionAddr::Unix(path), self.login.clone())
    }

    /// A client of a Sentinel.
    pub(super) fn client_of_sentinel(&self, server: &Server, login: &RedisConnectionInfo) -> Result<Client> {
        self.client(self.at(server), login.clone())
    }

    fn at(&self, server: &Server) -> ConnectionAddr {
        let Server { host, port } = server.clone();
        match self.tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        }
    }

    fn client(&self, at: ConnectionAddr, login: RedisConnectionInfo) -> Result<Client> {
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL).with_retries(3);
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
        // Only Linux and its kin have it; elsewhere our own deadlines do its work alone.
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let tcp = tcp.set_user_timeout(USER_TIMEOUT);
        // A name for `CLIENT LIST` would cost every new connection a round trip.
        let login = login.set_skip_set_lib_name();
        let client = at.into_connection_info().and_then(|info| {
            let info = info.set_tcp_settings(tcp).set_redis_settings(login);
            match &self.tls {
                Some(tls) => Client::build_with_tls(info, tls.clone()),
                None => Client::open(info),
            }
        });
        client.map_err(|error| StoreError::Unreachable(error.to_string()))
    }

    /// Makes a client once, which reads the certificates.
    fn check(&self) -> Result<()> {
        match &self.place {
            Place::Server(server) => self.client_of(server).map(drop),
            Place::Sentinels(servers, ..) | Place::Cluster(servers) => {
                servers.iter().try_for_each(|server| self.client_of(server).map(drop))
            }
            Place::Socket(_) => Ok(()),
        }
    }
}

impl PartialEq for RedisAddress {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RedisAddress {}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisAddress({})", self.redacted)
    }
}

/// An address in its parts. A list of hosts is no URL: each host is read as one of its own, by the same parser.
struct Written {
    first: Url,
    others: Vec<Url>,
}

impl Written {
    fn split(name: &str, behind: &str) -> Option<Self> {
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        let (authority, tail) = behind.split_at(end);
        let (login, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(login, hosts)| (Some(login), hosts));
        let mut hosts = hosts.split(',');
        let (first, login) = (hosts.next()?, login.map(|login| format!("{login}@")).unwrap_or_default());
        let first = Url::parse(&format!("{name}://{login}{first}{tail}")).ok()?;
        let others = hosts.map(|host| Url::parse(&format!("{name}://{host}"))).collect::<Result<_, _>>().ok()?;
        Some(Self { first, others })
    }

    /// The query's parameters by name, when it has no others than these, none twice, and no fragment follows.
    fn parameters(&self, known: &[&str]) -> Option<BTreeMap<String, String>> {
        let mut given = BTreeMap::new();
        for (name, value) in self.first.query_pairs() {
            let is_new = given.insert(name.to_string(), value.into_owned()).is_none();
            if !is_new || !known.contains(&&*name) {
                return None;
            }
        }
        self.first.fragment().is_none().then_some(given)
    }

    fn place(&self, form: Form, given: &BTreeMap<String, String>) -> Result<(Place, RedisConnectionInfo), String> {
        let parameter = |name| given.get(name).map_or("", String::as_str);
        let (user, password) = match form {
            Form::Socket => (Cow::from(parameter("user")), Cow::from(parameter("password"))),
            _ => (decoded(self.first.username())?, decoded(self.first.password().unwrap_or_default())?),
        };
        let login = login(&user, &password)?;
        let path = self.first.path().trim_start_matches('/');
        match form {
            Form::Server if !self.others.is_empty() => {
                Err("names several hosts, which only Sentinels and clusters have".into())
            }
            Form::Server => Ok((Place::Server(server(&self.first, PORT)?), in_database(login, path)?)),
            Form::Socket if path.is_empty() || self.first.has_host() => Err("names no path of a socket".into()),
            Form::Socket => {
                let path = PathBuf::from(&*decoded(self.first.path())?);
                Ok((Place::Socket(path), in_database(login, parameter("database"))?))
            }
            Form::Sentinels => {
                let (name, database) = path.split_once('/').unwrap_or((path, ""));
                let name = decoded(name)?.into_owned();
                if name.is_empty() {
                    return Err("does not say what the Sentinels call the master".into());
                }
                let of_sentinels = self::login(parameter("sentinel_user"), parameter("sentinel_password"))?;
                let sentinels = self.servers(SENTINEL_PORT)?;
                Ok((Place::Sentinels(sentinels, name, of_sentinels), in_database(login, database)?))
            }
            Form::Cluster if !matches!(path, "" | "0") => Err("names a database, and a cluster has 0 alone".into()),
            Form::Cluster => Ok((Place::Cluster(self.servers(PORT)?), login)),
        }
    }

    fn servers(&self, port: u16) -> Result<Vec<Server>, String> {
        std::iter::once(&self.first).chain(&self.others).map(|url| server(url, port)).collect()
    }
}

fn server(url: &Url, port: u16) -> Result<Server, String> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("does not name a host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(Server { host, port: url.port().unwrap_or(port) })
}

fn login(user: &str, password: &str) -> Result<RedisConnectionInfo, String> {
    let login = RedisConnectionInfo::default();
    match (user, password) {
        // Redis would be asked to log in as its default user, and the one that is named would be forgotten.
        (_, "") if !user.is_empty() => Err("names a user without a password".into()),
        ("", "") => Ok(login),
        ("", password) => Ok(login.set_password(password)),
        (user, password) => Ok(login.set_username(user).set_password(password)),
    }
}

fn in_database(login: RedisConnectionInfo, text: &str) -> Result<RedisConnectionInfo, String> {
    let database = if text.is_empty() { Ok(0) } else { text.parse::<u16>() };
    let database = database.map_err(|_| "names a database that is not a number from 0 to 65535")?;
    Ok(login.set_db(database.into()))
}

fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    percent_decode_str(text).decode_utf8().map_err(|_| "holds bytes that are not UTF-8".into())
}

/// The certificates that the parameters name.
fn certificates(given: &BTreeMap<String, String>) -> Result<TlsCertificates, Invalid> {
    let file = |name: &str| {
        let read = given.get(name).map(std::fs::read).transpose();
        read.map_err(|error| Invalid::new("store", format!("names a file `{name}` that cannot be read: {error}")))
    };
    let client_tls = match (file("certificate")?, file("key")?) {
        (Some(client_cert), Some(client_key)) => Some(ClientTlsConfig { client_cert, client_key }),
        (None, None) => None,
        _ => {
            let rule = "names a certificate without its key, or a key without its certificate";
            return Err(Invalid::new("store", rule).hint("expected certificate=PATH and key=PATH, or neither"));
        }
    };
    Ok(TlsCertificates { client_tls, root_cert: file("ca")? })
}

fn redacted(name: &str, place: &Place, login: &RedisConnectionInfo, durability: Durability) -> String {
    let user = if login.password().is_some() { "…@" } else { "" };
    let database = login.db();
    let text = match place {
        Place::Server(server) => format!("{name}://{user}{server}/{database}"),
        Place::Socket(path) => format!("{name}://{}?database={database}", path.display()),
        Place::Sentinels(sentinels, master, _) => {
            format!("{name}://{user}{}/{master}/{database}", listed(sentinels, ","))
        }
        Place::Cluster(nodes) => format!("{name}://{user}{}", listed(nodes, ",")),
    };
    match durability.written() {
        None => text,
        Some(class) => format!("{text}{}{class}", if text.contains('?') { '&' } else { '?' }),
    }
}

fn listed(servers: &[Server], between: &str) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
#[path = "address/tests.rs"]
mod tests;
