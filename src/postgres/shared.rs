//! Memory that every backend of the server shares, when the library is in `shared_preload_libraries`.
//!
//! Invariant: an [`Area`] starts as zeros, is reached only under its lock, and is simply absent (`None`) without preload,
//! so that each user of one must say what he does then. Nothing that can raise an ERROR may run while a guard is held:
//! copy in or copy out, and let go.

use pgrx::pg_sys;
use pgrx::prelude::*;
use std::cell::{Cell, UnsafeCell};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A type whose all-zero bytes are a valid value and which holds no pointer into one process.
///
/// # Safety
/// Both must be true.
pub unsafe trait Zeroed {}

/// A value in shared memory, with a lock of its own.
pub struct Area<T: Zeroed> {
    /// Unique in the server; it also names the lock in `pg_stat_activity.wait_event`.
    name: &'static CStr,
    place: Place,
    value: PhantomData<T>,
}

/// Where an area and its lock are in this process; inherited from the postmaster by fork.
pub(super) struct Place(Cell<Option<(*mut u8, *mut pg_sys::LWLock)>>);

impl Place {
    pub(super) const fn new() -> Place {
        Place(Cell::new(None))
    }

    /// `None` without preload.
    pub(super) fn get(&self) -> Option<(*mut u8, *mut pg_sys::LWLock)> {
        self.0.get()
    }
}

// SAFETY: PostgreSQL's processes have one thread.
unsafe impl Sync for Place {}

/// What [`install`] asks of every area.
pub(super) trait Reserve: Sync {
    fn name(&self) -> &'static CStr;
    /// Bytes. Asked for at startup, when the settings of the server are known.
    fn size(&self) -> usize;
    fn place(&self) -> &Place;
    /// Called once for fresh memory, which is all zeros.
    fn initialize(&self, _memory: *mut u8) {}
}

// SAFETY: no T is stored in it; what it points to is protected by the lock.
unsafe impl<T: Zeroed> Sync for Area<T> {}

impl<T: Zeroed> Reserve for Area<T> {
    fn name(&self) -> &'static CStr {
        self.name
    }
    fn size(&self) -> usize {
        size_of::<T>()
    }
    fn place(&self) -> &Place {
        &self.place
    }
}

impl<T: Zeroed> Area<T> {
    /// An area of this name, as `pg_shmem_allocations` shows it. It must be listed in `areas()`.
    pub const fn new(name: &'static CStr) -> Area<T> {
        Area {
            name,
            place: Place::new(),
            value: PhantomData,
        }
    }

    /// Whether the library was preloaded.
    pub fn exists(&self) -> bool {
        self.place.0.get().is_some()
    }

    /// The value, to read it. Waits for writers. `None` without preload.
    pub fn read(&self) -> Option<Reading<'_, T>> {
        self.lock(pg_sys::LWLockMode::LW_SHARED)
            .map(|held| Reading { held })
    }

    /// The value, to change it. Waits for everyone else. `None` without preload.
    pub fn write(&self) -> Option<Writing<'_, T>> {
        self.lock(pg_sys::LWLockMode::LW_EXCLUSIVE)
            .map(|held| Writing { held })
    }

    fn lock(&self, mode: pg_sys::LWLockMode::Type) -> Option<Held<'_, T>> {
        let (value, lock) = self.place.0.get()?;
        // SAFETY: both were set at startup and live as long as the server.
        unsafe { pg_sys::LWLockAcquire(lock, mode) };
        Some(Held {
            value: value.cast(),
            lock,
            area: PhantomData,
        })
    }
}

struct Held<'a, T> {
    value: *mut T,
    lock: *mut pg_sys::LWLock,
    area: PhantomData<&'a UnsafeCell<T>>,
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        // SAFETY: held since `Area::lock`. An ERROR has set the count to 0 and the abort of the transaction releases the
        // lock; releasing it here as well would make the count negative.
        unsafe {
            if pg_sys::InterruptHoldoffCount > 0 {
                pg_sys::LWLockRelease(self.lock);
            }
        }
    }
}

/// An area held for reading.
pub struct Reading<'a, T> {
    held: Held<'a, T>,
}

/// An area held for writing.
pub struct Writing<'a, T> {
    held: Held<'a, T>,
}

impl<T> Deref for Reading<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so nobody writes.
        unsafe { &*self.held.value }
    }
}

impl<T> Deref for Writing<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held exclusively.
        unsafe { &*self.held.value }
    }
}

impl<T> DerefMut for Writing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held exclusively, and `self` is borrowed mutably.
        unsafe { &mut *self.held.value }
    }
}

/// Every area of the extension. A new one is named here.
fn areas() -> [&'static dyn Reserve; 4] {
    [
        &super::breaker::BOARD,
        &super::counters::COUNTERS,
        &super::queue::QUEUE,
        &super::translations::MEMORY,
    ]
}

/// Whether the postmaster is loading `shared_preload_libraries` right now.
pub fn preloading() -> bool {
    // SAFETY: a variable of PostgreSQL.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}

thread_local! {
    static PREVIOUS_REQUEST: Cell<pg_sys::shmem_request_hook_type> = const { Cell::new(None) };
    static PREVIOUS_STARTUP: Cell<pg_sys::shmem_startup_hook_type> = const { Cell::new(None) };
}

/// Reserves the areas. Called when the library is loaded; does nothing outside of `shared_preload_libraries`.
pub fn install() {
    // SAFETY: hooks are set in the postmaster, which has one thread.
    unsafe {
        if !pg_sys::process_shared_preload_libraries_in_progress {
            return;
        }
        PREVIOUS_REQUEST.set(pg_sys::shmem_request_hook);
        pg_sys::shmem_request_hook = Some(request);
        PREVIOUS_STARTUP.set(pg_sys::shmem_startup_hook);
        pg_sys::shmem_startup_hook = Some(startup);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn request() {
    // SAFETY: the hook's own place in the start of the server.
    unsafe {
        if let Some(previous) = PREVIOUS_REQUEST.get() {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| previous());
        }
        for area in areas() {
            pg_sys::RequestAddinShmemSpace(area.size());
            pg_sys::RequestNamedLWLockTranche(area.name().as_ptr(), 1);
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn startup() {
    // SAFETY: called once by the postmaster, and again after a crash with fresh memory; nothing else runs then. Fresh
    // shared memory is set to zeros here because it may be reused.
    unsafe {
        if let Some(previous) = PREVIOUS_STARTUP.get() {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| previous());
        }
        for area in areas() {
            let mut found = false;
            let value = pg_sys::ShmemInitStruct(area.name().as_ptr(), area.size(), &raw mut found);
            if !found {
                std::ptr::write_bytes(value.cast::<u8>(), 0, area.size());
                area.initialize(value.cast());
            }
            let lock = pg_sys::GetNamedLWLockTranche(area.name().as_ptr());
            area.place()
                .0
                .set(Some((value.cast(), &raw mut (*lock).lock)));
        }
    }
}
