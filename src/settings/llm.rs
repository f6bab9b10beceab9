//! Settings of the language model. All are for superusers: each of them decides where data goes, which secret is sent
//! there, or how long a session waits for it. A role that could change one of them could have the server send its key,
//! or a file of the server, to an address of his.

use crate::postgres::secret_setting;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use std::ffi::CString;
use std::time::Duration;

/// A service that speaks one of the two wire formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PostgresGucEnum)]
pub enum ProviderName {
    #[name = c"none"]
    None,
    #[name = c"anthropic"]
    Anthropic,
    #[name = c"openai"]
    Openai,
}

/// none: nothing leaves the server unless a DBA says so.
static PROVIDER: GucSetting<ProviderName> = GucSetting::<ProviderName>::new(ProviderName::None);

/// Empty: the provider's own public address.
static BASE_URL: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

/// Empty: models come and go, and they differ in price, so a DBA chooses.
static MODEL: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

static API_KEY: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static API_KEY_FILE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static API_KEY_ENV: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

/// Empty: the certificates that the operating system trusts.
static CA_FILE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

/// Off: without TLS everybody on the way reads the schema, the questions and the key.
static ALLOW_PLAIN_HTTP: GucSetting<bool> = GucSetting::<bool>::new(false);

/// 5 s: a connection to the other end of the world takes less than one.
static CONNECT_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(5_000);

/// 60 s: a large model writes a long statement in less; the caller's own statement_timeout holds as well.
static MODEL_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(60_000);

/// 15 s: once an answer has begun, silence means that the connection is dead.
static IDLE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(15_000);

/// 60 s: questions of one person follow each other faster; most providers end an idle connection later.
static CONNECTION_MAX_IDLE: GucSetting<i32> = GucSetting::<i32>::new(60);

/// 2: enough for a passing overload; more only adds to a lasting one.
static MAX_RETRIES: GucSetting<i32> = GucSetting::<i32>::new(2);

/// 1 MiB: a statement is at most 64 KiB; the rest is for models that think aloud.
static MAX_RESPONSE_BYTES: GucSetting<i32> = GucSetting::<i32>::new(1024);

/// 5 calls in a row: chance does not fail so often.
static BREAKER_FAILURES: GucSetting<i32> = GucSetting::<i32>::new(5);

/// 30 s: long enough to relieve a provider, short enough to come back soon.
static BREAKER_COOLDOWN: GucSetting<i32> = GucSetting::<i32>::new(30);

/// Defines the settings. Called once, when the library is loaded.
pub fn register() {
    let plain = GucFlags::empty();
    GucRegistry::define_bool_guc(
        c"insightflow.allow_plain_http",
        c"Allow http:// to other hosts than this one.",
        c"Off: without TLS only localhost and loopback addresses are called. On: whoever listens on the way reads prompts and keys.",
        &ALLOW_PLAIN_HTTP,
        GucContext::Suset,
        plain,
    );
    secret_setting::define(
        c"insightflow.api_key",
        c"Key that is sent to the language model's provider.",
        c"Never shown. insightflow.api_key_file and insightflow.api_key_env come first and are better places.",
        &API_KEY,
    );
    GucRegistry::define_string_guc(
        c"insightflow.api_key_env",
        c"Environment variable of the server that holds the provider's key.",
        c"The name of the variable. Used when insightflow.api_key_file is empty.",
        &API_KEY_ENV,
        GucContext::Suset,
        GucFlags::SUPERUSER_ONLY,
    );
    GucRegistry::define_string_guc(
        c"insightflow.api_key_file",
        c"File on the server that holds the provider's key.",
        c"An absolute path. The file is read at each call and refused when group or others have any right to it.",
        &API_KEY_FILE,
        GucContext::Suset,
        GucFlags::SUPERUSER_ONLY,
    );
    GucRegistry::define_string_guc(
        c"insightflow.base_url",
        c"Address of the provider, up to the part that all its calls share.",
        c"For example https://api.openai.com/v1 or http://localhost:11434/v1. Empty: the provider's public address.",
        &BASE_URL,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.breaker_cooldown",
        c"Time for which a failing provider is not called.",
        c"After it one call tries, and the others wait for its outcome.",
        &BREAKER_COOLDOWN,
        1,
        86_400,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"insightflow.breaker_failures",
        c"Failed calls in a row after which a provider is not called for a while.",
        c"Counted over all sessions of a database when the library is preloaded, else in each session. 0 turns it off.",
        &BREAKER_FAILURES,
        0,
        1_000,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_string_guc(
        c"insightflow.ca_file",
        c"File on the server with the certificates of the authorities that vouch for the provider.",
        c"PEM. Empty: those that the operating system trusts. It replaces them, it does not add to them.",
        &CA_FILE,
        GucContext::Suset,
        GucFlags::SUPERUSER_ONLY,
    );
    GucRegistry::define_int_guc(
        c"insightflow.connect_timeout",
        c"Longest time to reach the provider: name, connection and TLS.",
        c"It counts for each attempt.",
        &CONNECT_TIMEOUT,
        1,
        600_000,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"insightflow.idle_timeout",
        c"Longest silence in the middle of the provider's answer.",
        c"It counts from the first byte of the answer on; until then insightflow.model_timeout holds.",
        &IDLE_TIMEOUT,
        1,
        3_600_000,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"insightflow.connection_max_idle",
        c"How long the connection to a provider is kept for the session's next question.",
        c"After this time the session's next statement ends it; 0 keeps none.",
        &CONNECTION_MAX_IDLE,
        0,
        3_600,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"insightflow.max_response_bytes",
        c"Largest answer of a provider that is read.",
        c"A longer one is dropped, and the call fails.",
        &MAX_RESPONSE_BYTES,
        1,
        1024 * 1024,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"insightflow.max_retries",
        c"Most further attempts after a call that failed in passing.",
        c"With growing pauses, or as the provider asks by Retry-After, and never past insightflow.model_timeout or statement_timeout.",
        &MAX_RETRIES,
        0,
        20,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_string_guc(
        c"insightflow.model",
        c"Model that translates questions.",
        c"As the provider names it; with Azure the name of the deployment.",
        &MODEL,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.model_timeout",
        c"Longest time of one call to a language model, its retries included.",
        c"The session's own statement_timeout goes on counting.",
        &MODEL_TIMEOUT,
        1,
        3_600_000,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_enum_guc(
        c"insightflow.provider",
        c"Wire format of the language model's provider.",
        c"anthropic: Messages. openai: Chat Completions, which most servers speak. none: nothing is called.",
        &PROVIDER,
        GucContext::Suset,
        plain,
    );
}

/// The wire format of the provider.
pub fn provider() -> ProviderName {
    PROVIDER.get()
}

/// `None` when empty.
pub fn base_url() -> Option<String> {
    text(&BASE_URL)
}

/// `None` when empty.
pub fn model() -> Option<String> {
    text(&MODEL)
}

/// The key itself, `None` when empty. Hand it on as a secret at once.
pub fn api_key() -> Option<String> {
    text(&API_KEY)
}

/// A path, `None` when empty.
pub fn api_key_file() -> Option<String> {
    text(&API_KEY_FILE)
}

/// The name of a variable, `None` when empty.
pub fn api_key_env() -> Option<String> {
    text(&API_KEY_ENV)
}

/// A path, `None` when empty.
pub fn ca_file() -> Option<String> {
    text(&CA_FILE)
}

/// Whether a provider may be called over http, without TLS.
pub fn allow_plain_http() -> bool {
    ALLOW_PLAIN_HTTP.get()
}

/// How long connecting may take, TLS included.
pub fn connect_timeout() -> Duration {
    milliseconds(&CONNECT_TIMEOUT)
}

/// How long a call may take as a whole, its retries included.
pub fn model_timeout() -> Duration {
    milliseconds(&MODEL_TIMEOUT)
}

/// How long a provider may send nothing while it answers.
pub fn idle_timeout() -> Duration {
    milliseconds(&IDLE_TIMEOUT)
}

/// How long a connection is kept between calls.
pub fn connection_max_idle() -> Duration {
    Duration::from_secs(u64::try_from(CONNECTION_MAX_IDLE.get()).unwrap_or(0))
}

/// Tries after the first.
pub fn max_retries() -> u32 {
    u32::try_from(MAX_RETRIES.get()).unwrap_or(0)
}

/// Bytes.
pub fn max_response_bytes() -> usize {
    usize::try_from(MAX_RESPONSE_BYTES.get()).unwrap_or(1) * 1024
}

/// Calls; 0 when the breaker is off.
pub fn breaker_failures() -> u32 {
    u32::try_from(BREAKER_FAILURES.get()).unwrap_or(0)
}

/// How long an open breaker lets no call through.
pub fn breaker_cooldown() -> Duration {
    Duration::from_secs(u64::try_from(BREAKER_COOLDOWN.get()).unwrap_or(1))
}

fn milliseconds(setting: &'static GucSetting<i32>) -> Duration {
    Duration::from_millis(u64::try_from(setting.get()).unwrap_or(1))
}

fn text(setting: &'static GucSetting<Option<CString>>) -> Option<String> {
    let value = setting.get()?.to_string_lossy().trim().to_owned();
    (!value.is_empty()).then_some(value)
}
