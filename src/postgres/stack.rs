//! How much stack is left, for code that PostgreSQL's own check does not see: a Rust stack overflow ends the server.

use std::mem::MaybeUninit;
use std::sync::OnceLock;

/// Bytes that the stack can still grow by. 0 when the system does not say.
pub fn left() -> usize {
    static LOWEST: OnceLock<usize> = OnceLock::new();
    let lowest = *LOWEST.get_or_init(lowest_address);
    let here = 0_u8;
    let here = (&raw const here) as usize;
    if lowest == 0 {
        0
    } else {
        here.saturating_sub(lowest)
    }
}

/// The end of the main thread's stack as the limit of this process allows it.
fn lowest_address() -> usize {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: glibc fills the attributes of the calling thread, which are read and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return 0;
        }
        let mut attributes = attributes.assume_init();
        let (mut lowest, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
        let found = libc::pthread_attr_getstack(&attributes, &mut lowest, &mut size) == 0
            && libc::pthread_attr_getguardsize(&attributes, &mut guard) == 0;
        libc::pthread_attr_destroy(&mut attributes);
        if found { lowest as usize + guard } else { 0 }
    }
}
