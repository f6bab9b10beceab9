//! The circuit breakers of the language model's providers: shared by all sessions when the library is preloaded, else of this
//! session.

use super::shared::{Area, Zeroed};
use crate::translate::llm::transport::{Board, Key, Policy};
use pgrx::pg_sys;
use std::cell::RefCell;

// SAFETY: numbers alone; zeros are `Board::NEW`.
unsafe impl Zeroed for Board {}

/// The state of each provider's circuit breaker, shared by all sessions.
pub static BOARD: Area<Board> = Area::new(c"insightflow circuit breakers");

thread_local! {
    static OWN: RefCell<Board> = const { RefCell::new(Board::NEW) };
}

/// Whether a provider may be called now: see [`Board::admit`].
///
/// # Errors
/// The milliseconds after which it is worth asking again.
pub fn admit(endpoint: u64, policy: Policy, now_ms: i64) -> Result<(), i64> {
    let key = key(endpoint);
    with(|board| board.admit(key, policy, now_ms))
}

/// A call has failed for a reason that is the provider's.
pub fn failed(endpoint: u64, policy: Policy, now_ms: i64) {
    let key = key(endpoint);
    with(|board| board.failed(key, policy, now_ms));
}

/// The provider has answered.
pub fn answered(endpoint: u64, now_ms: i64) {
    let key = key(endpoint);
    with(|board| board.answered(key, now_ms));
}

fn with<T>(act: impl FnOnce(&mut Board) -> T) -> T {
    match BOARD.write() {
        Some(mut board) => act(&mut board),
        None => OWN.with_borrow_mut(act),
    }
}

fn key(endpoint: u64) -> Key {
    // SAFETY: reads a variable of the backend.
    let database = unsafe { pg_sys::MyDatabaseId }.to_u32();
    Key { database, endpoint }
}
