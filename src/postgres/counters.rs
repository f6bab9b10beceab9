//! The counters of quotas in shared memory, and in a file while the server is stopped.
//!
//! Invariant: the file holds what an orderly shutdown has left, or there is none. After a crash the history is asked.

use super::limits::now;
use super::shared::{Area, Place, Reserve, Zeroed};
use crate::access::counters::{self, Counters};
use crate::access::rate::DAY;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

// SAFETY: numbers only.
unsafe impl Zeroed for Counters {}

/// The counters of the server.
pub(super) struct Shared(pub(super) Area<Counters>);

pub(super) static COUNTERS: Shared = Shared(Area::new(c"insightflow_limits"));

impl Reserve for Shared {
    fn name(&self) -> &'static CStr {
        self.0.name()
    }
    fn size(&self) -> usize {
        self.0.size()
    }
    fn place(&self) -> &Place {
        self.0.place()
    }
    fn initialize(&self, memory: *mut u8) {
        // SAFETY: fresh memory of our size; the postmaster is alone. The callback runs when the server stops.
        unsafe {
            load(&mut *memory.cast::<Counters>());
            pg_sys::on_shmem_exit(Some(at_shutdown), Datum::from(0));
        }
    }
}

/// Where the counters are while the server is stopped, in the data directory. It is deleted when it has been read, so
/// that a crash does not bring back an old state.
const FILE: &str = "pg_stat/insightflow_limits";

fn load(memory: &mut Counters) {
    let bytes = std::fs::read(FILE).unwrap_or_default();
    let _ = std::fs::remove_file(FILE);
    let now = now();
    let complete = counters::from_bytes(&mut memory.places, &bytes, now);
    memory.since = if complete { 0 } else { now };
}

unsafe extern "C-unwind" fn at_shutdown(code: i32, _argument: Datum) {
    // SAFETY: the postmaster runs this alone, after every other process has ended; after a crash the memory is not trusted.
    unsafe {
        if code != 0 || pg_sys::IsUnderPostmaster {
            return;
        }
        if let Some((memory, _)) = COUNTERS.place().get() {
            let memory = &*memory.cast::<Counters>();
            // What is missing in the table is missing in the file: then the history is asked after the restart too.
            if memory.since != 0 && now().saturating_sub(memory.since) < DAY {
                return;
            }
            let temporary = format!("{FILE}.tmp");
            let written = std::fs::write(&temporary, counters::to_bytes(&memory.places))
                .and_then(|()| std::fs::rename(&temporary, FILE));
            if written.is_err() {
                let _ = std::fs::remove_file(&temporary);
            }
        }
    }
}
