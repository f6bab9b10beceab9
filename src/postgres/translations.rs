//! The shared translations in shared memory, and their file between two runs of the server.
//!
//! The file is written when the server stops and deleted once it has been read, so what a crash leaves behind is never trusted:
//! after a crash the model is asked again, and nothing else is lost. Only the server's own operating-system user can write it.

use super::shared::{Place, Reserve};
use crate::translate::cache::store::{CAPACITY, Store};
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::ffi::CStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

/// In the data directory, which is the working directory of the server; beside PostgreSQL's own statistics.
const FILE: &str = "pg_stat/insightflow_translations";
const UNFINISHED: &str = "pg_stat/insightflow_translations.tmp";

pub(super) struct Memory {
    place: Place,
}

pub(super) static MEMORY: Memory = Memory {
    place: Place::new(),
};

// SAFETY: PostgreSQL's processes have one thread.
unsafe impl Sync for Memory {}

impl Reserve for Memory {
    fn name(&self) -> &'static CStr {
        c"insightflow_translations"
    }
    fn size(&self) -> usize {
        size_of::<Store>()
    }
    fn place(&self) -> &Place {
        &self.place
    }
    fn initialize(&self, memory: *mut u8) {
        // SAFETY: fresh memory of our size, all zeros, which is an empty store; the postmaster is alone. The callback runs when
        // the server stops, and is registered anew whenever the memory is made anew.
        unsafe {
            load(&mut *memory.cast::<Store>());
            pg_sys::on_shmem_exit(Some(at_shutdown), pg_sys::Datum::from(0));
        }
    }
}

/// Whether the library was preloaded.
pub fn exists() -> bool {
    MEMORY.place.get().is_some()
}

/// The value of a key, copied.
pub fn get(key: &[u8]) -> Option<Vec<u8>> {
    let (memory, lock) = MEMORY.place.get()?;
    // SAFETY: under the shared lock nobody writes; nothing in between raises.
    unsafe {
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_SHARED);
        let found = (*memory.cast::<Store>()).get(key);
        pg_sys::LWLockRelease(lock);
        found
    }
}

/// Keeps a value for all sessions.
pub fn put(key: &[u8], value: &[u8]) {
    change(|store| store.put(key, value));
}

/// Changes when everything is forgotten; 0 without preload.
pub fn generation() -> u64 {
    let Some((memory, _)) = MEMORY.place.get() else {
        return 0;
    };
    // SAFETY: one aligned word, which is never written in part; no lock, because a moment sooner or later does not matter.
    u64::from(unsafe { std::ptr::read_volatile(&raw const (*memory.cast::<Store>()).generation) })
}

/// Forgets everything and says how much there was; `None` without preload.
pub fn clear() -> Option<usize> {
    change(Store::clear)
}

fn change<T>(work: impl FnOnce(&mut Store) -> T) -> Option<T> {
    let (memory, lock) = MEMORY.place.get()?;
    // SAFETY: under the exclusive lock nobody else reads or writes; nothing in between raises.
    unsafe {
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        let done = work(&mut *memory.cast::<Store>());
        pg_sys::LWLockRelease(lock);
        Some(done)
    }
}

fn load(store: &mut Store) {
    let known = fs::metadata(FILE).is_ok_and(|file| file.len() <= 2 * CAPACITY as u64);
    if known && let Ok(saved) = fs::read(FILE) {
        store.load(&saved);
    }
    // A server that crashes must not find it again: translations that were dropped since would be back.
    let _ = fs::remove_file(FILE);
}

fn save(store: &Store) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(UNFINISHED)?;
    file.write_all(&store.save())?;
    file.sync_all()?;
    fs::rename(UNFINISHED, FILE)
}

/// The server stops. After a crash the memory is not trusted.
#[pg_guard]
unsafe extern "C-unwind" fn at_shutdown(code: i32, _argument: pg_sys::Datum) {
    // SAFETY: the postmaster runs this alone, after every other process has ended.
    unsafe {
        if code != 0 || pg_sys::IsUnderPostmaster {
            return;
        }
        if let Some((memory, _)) = MEMORY.place.get()
            && let Err(error) = save(&*memory.cast::<Store>())
        {
            super::report::log(format!("the translations were not saved: {error}"));
        }
    }
}
