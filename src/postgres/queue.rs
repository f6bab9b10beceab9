//! The queue of the history in shared memory: [`crate::history::queue`] laid over it, and who writes for which database.
//!
//! Invariant: an entry is in the queue from [`push`] until its row is committed ([`remove`]), and one worker at most, which
//! has [`attach`]ed itself, reads the line of a database. Nothing that can raise an ERROR runs under the lock.

use super::shared::{Place, Reserve};
use crate::history::queue::{self, Chunk, Line, Pool};
use crate::settings;
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// Databases that can have entries or a worker at the same time.
const DATABASES: usize = 256;
/// A worker that was asked for and has not come after so many microseconds never will.
const STARTING: i64 = 10_000_000;
/// After a failure to start a worker, the next attempt is made after so many microseconds.
const AGAIN: i64 = 5_000_000;
/// How long a backend sleeps before it looks for a cancel, in milliseconds.
const NAP: std::ffi::c_long = 50;

/// What is known about a database. All zeros: nothing.
#[derive(Clone, Copy)]
#[repr(C)]
struct Database {
    oid: u32,
    line: Line,
    worker: Worker,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Worker {
    /// Of the worker that writes; 0 when there is none.
    pid: i32,
    /// The worker shall write what there is and end.
    leave: bool,
    /// Its latch, in shared memory at the same address in every process.
    latch: usize,
    /// When it was asked for; 0 when it was not.
    asked: i64,
    /// When the last attempt to have one failed; 0 for never.
    failed: i64,
}

const NOBODY: Worker = Worker {
    pid: 0,
    leave: false,
    latch: 0,
    asked: 0,
    failed: 0,
};

#[repr(C)]
struct Header {
    /// Broadcast when entries have gone.
    room: pg_sys::ConditionVariable,
    pool: Pool,
    databases: [Database; DATABASES],
}

/// The memory, with a header in front and chunks behind it.
pub(super) struct Queue {
    place: Place,
}

pub(super) static QUEUE: Queue = Queue {
    place: Place::new(),
};

// SAFETY: PostgreSQL's processes have one thread.
unsafe impl Sync for Queue {}

fn chunk_count() -> usize {
    settings::history_queue_size() / size_of::<Chunk>()
}

impl Reserve for Queue {
    fn name(&self) -> &'static CStr {
        c"insightflow_history"
    }
    fn size(&self) -> usize {
        size_of::<Header>() + chunk_count() * size_of::<Chunk>()
    }
    fn place(&self) -> &Place {
        &self.place
    }
    fn initialize(&self, memory: *mut u8) {
        // SAFETY: fresh memory of our size; the postmaster is alone. The callback runs when the server stops, and is
        // registered anew whenever the memory is made anew.
        unsafe {
            pg_sys::ConditionVariableInit(&raw mut (*memory.cast::<Header>()).room);
            pg_sys::on_shmem_exit(Some(at_shutdown), pg_sys::Datum::from(0));
        }
    }
}

/// The queue while its lock is held.
struct Held<'a> {
    header: &'a mut Header,
    chunks: &'a mut [Chunk],
}

/// Whether the library was preloaded.
pub fn exists() -> bool {
    QUEUE.place.get().is_some()
}

/// Runs `work` under the lock; `None` without preload. `work` must not raise.
fn locked<T>(work: impl FnOnce(Held) -> T) -> Option<T> {
    let (memory, lock) = QUEUE.place.get()?;
    // SAFETY: the lock is released on the same path, since nothing in between raises.
    unsafe {
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        let done = work(held(memory));
        pg_sys::LWLockRelease(lock);
        Some(done)
    }
}

/// # Safety
/// Nobody else uses the memory meanwhile.
unsafe fn held<'a>(memory: *mut u8) -> Held<'a> {
    // SAFETY: `Reserve::size` has reserved a header and so many chunks; any bytes are valid values of both.
    unsafe {
        Held {
            header: &mut *memory.cast::<Header>(),
            chunks: std::slice::from_raw_parts_mut(
                memory.add(size_of::<Header>()).cast::<Chunk>(),
                chunk_count(),
            ),
        }
    }
}

impl Held<'_> {
    /// The place of a database, taken if it has none; `None` when all are taken.
    fn database(&mut self, oid: u32) -> Option<&mut Database> {
        let databases = &mut self.header.databases;
        let index = databases
            .iter()
            .position(|database| database.oid == oid)
            .or_else(|| databases.iter().position(|database| database.oid == 0))
            .or_else(|| databases.iter().position(Database::is_idle))?;
        let database = &mut databases[index];
        if database.oid != oid {
            *database = Database {
                oid,
                line: Line::EMPTY,
                worker: NOBODY,
            };
        }
        Some(database)
    }

    fn known(&mut self, oid: u32) -> Option<&mut Database> {
        self.header
            .databases
            .iter_mut()
            .find(|database| database.oid == oid)
    }
}

impl Database {
    /// Nothing is in its line, and nobody works for it.
    fn is_idle(&self) -> bool {
        self.line.is_empty() && self.worker.pid == 0 && self.worker.asked == 0
    }

    /// Gives the place back when nothing is in it.
    fn tidy(&mut self) {
        if self.is_idle() {
            self.oid = 0;
        }
    }
}

/// How full the queue is. Sizes are in bytes.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub size: usize,
    pub used: usize,
    /// Entries of this backend's database.
    pub waiting: usize,
    /// The process of this database's worker.
    pub worker: Option<i32>,
}

/// `None` without preload.
pub fn state() -> Option<State> {
    // SAFETY: a variable of the backend.
    let oid = unsafe { pg_sys::MyDatabaseId };
    locked(|mut held| {
        let (size, used) = (queue::capacity(held.chunks.len()), held.header.pool.used());
        let database = held.known(oid.to_u32());
        State {
            size,
            used,
            waiting: database.as_ref().map_or(0, |database| database.line.len()),
            worker: database
                .map(|database| database.worker.pid)
                .filter(|&pid| pid != 0),
        }
    })
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is in the queue, and the worker knows.
    Queued,
    /// It is not: there is no queue, or the entry is longer than the queue takes.
    Not,
    /// It is not: no worker can be had now.
    NoWorker,
    /// It is not: there is no room, and the caller may not wait or was asked to stop.
    Full,
}

enum Attempt {
    Done {
        latch: usize,
    },
    Full,
    /// The caller is the one to start the worker.
    Start,
    NoWorker,
}

/// Puts an entry into the line of this backend's database, and wakes its worker or asks for one. Waits for room, until
/// somebody cancels or terminates.
pub fn push(entry: &[u8], may_wait: bool) -> Pushed {
    if !exists() || entry.len() > queue::longest(chunk_count()) {
        return Pushed::Not;
    }
    // SAFETY: variables and functions of the backend; none of them raises.
    unsafe {
        let oid = pg_sys::MyDatabaseId;
        loop {
            match attempt(oid.to_u32(), entry) {
                Attempt::Done { latch } => {
                    if latch != 0 {
                        pg_sys::SetLatch(latch as *mut pg_sys::Latch);
                    }
                    return Pushed::Queued;
                }
                Attempt::Start => {
                    if !super::worker::start(oid) {
                        failed_to_start(oid);
                        return Pushed::NoWorker;
                    }
                }
                Attempt::NoWorker => return Pushed::NoWorker,
                Attempt::Full if !may_wait => return Pushed::Full,
                Attempt::Full => {
                    if !wait_for_room() {
                        return Pushed::Full;
                    }
                }
            }
        }
    }
}

fn attempt(oid: u32, entry: &[u8]) -> Attempt {
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    locked(|mut held| {
        let Some(database) = held.database(oid) else {
            return Attempt::NoWorker;
        };
        let worker = &mut database.worker;
        if worker.pid == 0 && now - worker.asked > STARTING {
            if now - worker.failed < AGAIN {
                return Attempt::NoWorker;
            }
            worker.asked = now;
            return Attempt::Start;
        }
        let latch = worker.latch;
        let mut line = database.line;
        let done = queue::push(&mut held.header.pool, held.chunks, &mut line, entry);
        if let Some(database) = held.known(oid) {
            database.line = line;
        }
        if done {
            Attempt::Done { latch }
        } else {
            Attempt::Full
        }
    })
    .unwrap_or(Attempt::NoWorker)
}

/// Notes that a worker cannot be had.
fn failed_to_start(oid: Oid) {
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    locked(|mut held| {
        if let Some(database) = held.known(oid.to_u32()) {
            database.worker.asked = 0;
            database.worker.failed = now;
        }
    });
}

/// Sleeps until entries have gone, or a moment. `false` when somebody wants this backend to stop what it does.
fn wait_for_room() -> bool {
    let Some((memory, _)) = QUEUE.place.get() else {
        return false;
    };
    // SAFETY: a condition variable in shared memory. Interrupts are held off, so that none of them raises here, where the record
    // would be lost: those that end the wait are looked at, and a barrier, for which another backend waits, is served.
    unsafe {
        pg_sys::InterruptHoldoffCount += 1;
        let room = &raw mut (*memory.cast::<Header>()).room;
        pg_sys::ConditionVariablePrepareToSleep(room);
        pg_sys::ConditionVariableTimedSleep(room, NAP, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ConditionVariableCancelSleep();
        pg_sys::InterruptHoldoffCount -= 1;
        if pg_sys::ProcSignalBarrierPending != 0 {
            pg_sys::ProcessProcSignalBarrier();
        }
        pg_sys::ProcDiePending == 0 && pg_sys::QueryCancelPending == 0
    }
}

/// The calling process becomes the worker of a database; `false` when there is one already.
pub(super) fn attach(oid: Oid) -> bool {
    // SAFETY: variables of this process.
    let (pid, latch) = unsafe { (pg_sys::MyProcPid, pg_sys::MyLatch as usize) };
    locked(|mut held| match held.database(oid.to_u32()) {
        Some(database) if database.worker.pid == 0 => {
            database.worker = Worker {
                pid,
                latch,
                ..NOBODY
            };
            true
        }
        _ => false,
    })
    .unwrap_or(false)
}

/// The calling process stops being the worker of a database, if it is.
pub(super) fn detach(oid: Oid) {
    // SAFETY: a variable of this process.
    let pid = unsafe { pg_sys::MyProcPid };
    locked(|mut held| {
        if let Some(database) = held.known(oid.to_u32())
            && database.worker.pid == pid
        {
            database.worker = NOBODY;
            database.tidy();
        }
    });
}

/// As [`detach`], when the line is empty. `true` when the calling process is the worker no more.
pub(super) fn detach_when_empty(oid: Oid) -> bool {
    locked(|mut held| match held.known(oid.to_u32()) {
        Some(database) if !database.line.is_empty() => false,
        Some(database) => {
            database.worker = NOBODY;
            database.tidy();
            true
        }
        None => true,
    })
    .unwrap_or(true)
}

/// The first entries of a database, which stay in the queue.
pub(super) fn peek(oid: Oid, most: usize, bytes: usize) -> Vec<Vec<u8>> {
    locked(|mut held| match held.known(oid.to_u32()) {
        Some(database) => {
            let line = database.line;
            queue::peek(held.chunks, &line, most, bytes)
        }
        None => Vec::new(),
    })
    .unwrap_or_default()
}

/// Removes the first entries of a database and wakes those who wait for room.
pub(super) fn remove(oid: Oid, count: usize) {
    locked(|mut held| {
        if let Some(database) = held.known(oid.to_u32()) {
            let mut line = database.line;
            queue::remove(&mut held.header.pool, held.chunks, &mut line, count);
            if let Some(database) = held.known(oid.to_u32()) {
                database.line = line;
                database.tidy();
            }
        }
    });
    if let Some((memory, _)) = QUEUE.place.get() {
        // SAFETY: a condition variable in shared memory.
        unsafe {
            pg_sys::ConditionVariableBroadcast(&raw mut (*memory.cast::<Header>()).room);
        }
    }
}

/// Whether somebody has asked the worker of a database to end.
pub(super) fn shall_leave(oid: Oid) -> bool {
    locked(|mut held| {
        held.known(oid.to_u32())
            .is_some_and(|database| database.worker.leave)
    })
    .unwrap_or(true)
}

/// Asks every worker to write what it has and to end: a database that is dropped, copied or renamed must have no
/// connection. The next question starts a worker again.
pub(super) fn ask_workers_to_leave() {
    let latches = locked(|held| {
        let mut latches = Vec::new();
        for database in &mut held.header.databases {
            if database.worker.pid != 0 {
                database.worker.leave = true;
                latches.push(database.worker.latch);
            }
        }
        latches
    });
    for latch in latches.unwrap_or_default() {
        // SAFETY: a latch in shared memory; setting that of a process which has ended meanwhile does no harm.
        unsafe { pg_sys::SetLatch(latch as *mut pg_sys::Latch) };
    }
}

/// A database is no more: what no worker has written any more goes to the server log.
pub(super) fn abandon(oid: Oid) {
    let left = peek(oid, usize::MAX, usize::MAX);
    for entry in &left {
        super::audit::log(&String::from_utf8_lossy(entry));
    }
    if !left.is_empty() {
        remove(oid, left.len());
    }
}

/// The server stops: what no worker has written any more goes to the server log. After a crash the memory is not trusted.
unsafe extern "C-unwind" fn at_shutdown(code: i32, _argument: pg_sys::Datum) {
    // SAFETY: the postmaster runs this alone, after every other process has ended. Entries are read inside the chunks' bounds.
    unsafe {
        if code != 0 || pg_sys::IsUnderPostmaster {
            return;
        }
        if let Some((memory, _)) = QUEUE.place.get() {
            let held = held(memory);
            for database in &held.header.databases {
                for entry in queue::peek(held.chunks, &database.line, usize::MAX, usize::MAX) {
                    super::audit::log(&String::from_utf8_lossy(&entry));
                }
            }
        }
    }
}
