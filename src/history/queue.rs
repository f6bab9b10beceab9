//! The shape of the queue in shared memory. Pure: it works on slices, so it is tested without a server.
//!
//! Entries are byte strings of any length, cut into [`Chunk`]s of one common pool. Each database has a [`Line`]: its
//! entries in the order in which they came. An entry is carried whole or not taken at all, and what a line holds stays
//! there until it is removed, so a reader that dies half-way has lost nothing.
//!
//! Zeros are an empty pool and an empty line. Places in the pool count from 1; 0 is none.

/// Bytes of a chunk that carry an entry. A question and its SQL take two or three chunks.
const CARRIED: usize = 504;

/// A piece of an entry.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Chunk {
    /// The next piece of the same entry, or the next free chunk.
    next: u32,
    /// Of the first piece: the length of the entry, and the entry behind it in its line.
    length: u32,
    behind: u32,
    bytes: [u8; CARRIED],
}

/// Which chunks are free.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Pool {
    free: u32,
    /// Chunks from here on have never been used.
    untouched: u32,
    /// Chunks that carry something.
    used: u32,
}

impl Pool {
    /// Bytes that cannot be used for another entry now.
    pub fn used(&self) -> usize {
        self.used as usize * CARRIED
    }
}

/// Bytes that a pool of so many chunks carries.
pub fn capacity(chunks: usize) -> usize {
    chunks * CARRIED
}

/// The entries of one database.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Line {
    first: u32,
    last: u32,
    entries: u32,
}

impl Line {
    /// A line that holds nothing.
    pub const EMPTY: Line = Line {
        first: 0,
        last: 0,
        entries: 0,
    };

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// How many entries wait in it.
    pub fn len(&self) -> usize {
        self.entries as usize
    }
}

/// How many chunks an entry takes.
fn chunks_for(length: usize) -> usize {
    length.div_ceil(CARRIED).max(1)
}

/// The longest entry that a pool of so many chunks takes: a quarter of it, so that entries of any permitted length pass
/// each other.
pub fn longest(chunks: usize) -> usize {
    chunks / 4 * CARRIED
}

/// Puts an entry at the end of a line; `false` when there is not enough room now.
pub fn push(pool: &mut Pool, chunks: &mut [Chunk], line: &mut Line, entry: &[u8]) -> bool {
    if chunks.len().saturating_sub(pool.used as usize) < chunks_for(entry.len()) {
        return false;
    }
    let first = take(pool, chunks);
    chunks[place(first)].length = entry.len() as u32;
    let mut last = first;
    let mut pieces = entry.chunks(CARRIED);
    fill(&mut chunks[place(first)], pieces.next().unwrap_or_default());
    for piece in pieces {
        let more = take(pool, chunks);
        fill(&mut chunks[place(more)], piece);
        chunks[place(last)].next = more;
        last = more;
    }
    if line.last == 0 {
        line.first = first;
    } else {
        chunks[place(line.last)].behind = first;
    }
    line.last = first;
    line.entries += 1;
    true
}

/// The first entries of a line, in order: as many as `most` and as fit into `bytes`, but at least one. They stay.
pub fn peek(chunks: &[Chunk], line: &Line, most: usize, bytes: usize) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut taken = 0;
    let mut at = line.first;
    while at != 0 && found.len() < most.min(line.len()) {
        let head = &chunks[place(at)];
        let length = head.length as usize;
        if !found.is_empty() && taken + length > bytes {
            break;
        }
        let mut entry = Vec::with_capacity(length);
        let mut piece = at;
        while entry.len() < length && piece != 0 {
            let chunk = &chunks[place(piece)];
            let wanted = (length - entry.len()).min(CARRIED);
            entry.extend_from_slice(&chunk.bytes[..wanted]);
            piece = chunk.next;
        }
        taken += length;
        at = head.behind;
        found.push(entry);
    }
    found
}

/// Removes the first `count` entries of a line.
pub fn remove(pool: &mut Pool, chunks: &mut [Chunk], line: &mut Line, count: usize) {
    for _ in 0..count.min(line.len()) {
        let head = line.first;
        line.first = chunks[place(head)].behind;
        line.entries -= 1;
        if line.first == 0 {
            line.last = 0;
        }
        let mut piece = head;
        while piece != 0 {
            let next = chunks[place(piece)].next;
            chunks[place(piece)].next = pool.free;
            pool.free = piece;
            pool.used -= 1;
            piece = next;
        }
    }
}

fn place(number: u32) -> usize {
    number as usize - 1
}

/// A free chunk. The caller has made sure that there is one.
fn take(pool: &mut Pool, chunks: &mut [Chunk]) -> u32 {
    let number = if pool.free == 0 {
        pool.untouched += 1;
        pool.untouched
    } else {
        let number = pool.free;
        pool.free = chunks[place(number)].next;
        number
    };
    let chunk = &mut chunks[place(number)];
    chunk.next = 0;
    chunk.behind = 0;
    pool.used += 1;
    number
}

fn fill(chunk: &mut Chunk, piece: &[u8]) {
    chunk.bytes[..piece.len()].copy_from_slice(piece);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn pool(chunks: usize) -> (Pool, Vec<Chunk>) {
        let empty = Chunk {
            next: 0,
            length: 0,
            behind: 0,
            bytes: [0; CARRIED],
        };
        let pool = Pool {
            free: 0,
            untouched: 0,
            used: 0,
        };
        (pool, vec![empty; chunks])
    }

    #[test]
    fn a_full_pool_takes_nothing_and_keeps_what_it_has() {
        let (mut pool, mut chunks) = pool(3);
        let mut line = Line::EMPTY;
        let long = vec![7; 2 * CARRIED];
        assert!(push(&mut pool, &mut chunks, &mut line, &long));
        assert!(!push(&mut pool, &mut chunks, &mut line, &long));
        assert!(push(&mut pool, &mut chunks, &mut line, b"short"));
        assert!(!push(&mut pool, &mut chunks, &mut line, b""));
        assert_eq!(
            peek(&chunks, &line, 9, usize::MAX),
            [long, b"short".to_vec()]
        );
        remove(&mut pool, &mut chunks, &mut line, 1);
        assert_eq!(peek(&chunks, &line, 9, usize::MAX), [b"short".to_vec()]);
        assert!(push(&mut pool, &mut chunks, &mut line, &[1; CARRIED + 1]));
    }

    #[test]
    fn the_first_entry_is_shown_however_long() {
        let (mut pool, mut chunks) = pool(8);
        let mut line = Line::EMPTY;
        for entry in [vec![1; 600], vec![2; 10]] {
            assert!(push(&mut pool, &mut chunks, &mut line, &entry));
        }
        assert_eq!(peek(&chunks, &line, 5, 100), [vec![1; 600]]);
    }

    proptest! {
            /// Three lines on one pool behave as three queues, and a pool that was emptied is as large as before.
            #[test]
            fn lines_are_queues(steps in prop::collection::vec((0_usize..3, 0_usize..2_000, any::<bool>()), 1..200)) {
                let (mut pool, mut chunks) = pool(24);
                let mut lines = [Line::EMPTY; 3];
                let mut model: [VecDeque<Vec<u8>>; 3] = Default::default();
                for (number, (which, length, adds)) in steps.into_iter().enumerate() {
                    if adds {
                        let entry = vec![number as u8; length];
                        let used: usize = model.iter().flatten().map(|entry| chunks_for(entry.len())).sum();
                        let fits = used + chunks_for(length) <= 24;
                        prop_assert_eq!(push(&mut pool, &mut chunks, &mut lines[which], &entry), fits);
                        if fits {
                            model[which].push_back(entry);
                        }
                    } else {
                        let count = length % 4;
                        remove(&mut pool, &mut chunks, &mut lines[which], count);
                        for _ in 0..count {
                            model[which].pop_front();
                        }
                    }
                    for (line, model) in lines.iter().zip(&model) {
                        prop_assert_eq!(line.len(), model.len());
    let expected: Vec<Vec<u8>> = model.iter().cloned().collect();
                        prop_assert_eq!(peek(&chunks, line, usize::MAX, usize::MAX), expected);
                    }
                }
                for line in &mut lines {
                    remove(&mut pool, &mut chunks, line, usize::MAX);
                }
                let mut line = Line::EMPTY;
                prop_assert!(push(&mut pool, &mut chunks, &mut line, &vec![0; 24 * CARRIED]));
            }
        }
}
