//! A bounded store of keys and values in one piece of memory, which all sessions may share. Pure.
//!
//! Invariant: no more than [`CAPACITY`] bytes and [`SLOTS`] entries, the oldest making room for the newest; every read stays
//! inside the memory whatever bytes are in it. All zeros are an empty store.

use crate::catalog::Fingerprint;
use std::hash::Hasher;

/// Bytes of keys and values: some 4,000 translations of 1 kB.
pub const CAPACITY: usize = 4 * 1024 * 1024;
/// Entries.
pub const SLOTS: usize = 4096;
/// An entry larger than this is not kept: it would push out hundreds.
const LARGEST: usize = CAPACITY / 32;
/// What a saved store begins with; the last byte is the version of its form.
const MAGIC: &[u8; 8] = b"IFTRANS\x01";

/// Where an entry is.
#[derive(Clone, Copy)]
#[repr(C)]
struct Slot {
    hash: u64,
    start: u32,
    key: u32,
    value: u32,
    /// Of the value: what a backend that was killed has half written is not found.
    sum: u32,
}

/// Lies in shared memory: no pointers, any bytes are a value.
#[repr(C)]
pub struct Store {
    /// The slot of the oldest entry.
    first: u32,
    count: u32,
    /// Where the next entry goes.
    head: u32,
    /// How often everything was forgotten. Read without a lock.
    pub generation: u32,
    slots: [Slot; SLOTS],
    bytes: [u8; CAPACITY],
}

fn hash(key: &[u8]) -> u64 {
    let mut hash = Fingerprint::new();
    hash.write(key);
    hash.finish()
}

fn sum(value: &[u8]) -> u32 {
    hash(value) as u32
}

impl Store {
    /// The value that was put last under a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let wanted = hash(key);
        let newest_first = (0..self.count()).rev().map(|age| self.slot(age));
        newest_first
            .filter(|slot| slot.hash == wanted)
            .find_map(|slot| {
                let (found, value) = self.entry(slot)?;
                (found == key && sum(value) == slot.sum).then(|| value.to_vec())
            })
    }

    /// Keeps a value; older ones make room. `false` when it is too large.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> bool {
        let size = key.len() + value.len();
        if size > LARGEST {
            return false;
        }
        if self.count() == SLOTS {
            self.forget_oldest();
        }
        let start = loop {
            if let Some(start) = self.room(size) {
                break start;
            }
            self.forget_oldest();
        };
        let Some(place) = self.bytes.get_mut(start..start + size) else {
            return false;
        };
        let (for_key, for_value) = place.split_at_mut(key.len());
        for_key.copy_from_slice(key);
        for_value.copy_from_slice(value);
        let index = (self.first as usize + self.count()) % SLOTS;
        self.slots[index] = Slot {
            hash: hash(key),
            start: start as u32,
            key: key.len() as u32,
            value: value.len() as u32,
            sum: sum(value),
        };
        self.count += 1;
        self.head = (start + size) as u32;
        true
    }

    /// Forgets everything and says how many entries there were.
    pub fn clear(&mut self) -> usize {
        let count = self.count();
        (self.first, self.count, self.head) = (0, 0, 0);
        self.generation = self.generation.wrapping_add(1);
        count
    }

    /// Everything, the oldest first, for a file.
    pub fn save(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for age in 0..self.count() {
            if let Some((key, value)) = self.entry(self.slot(age)) {
                out.extend((key.len() as u32).to_le_bytes());
                out.extend((value.len() as u32).to_le_bytes());
                out.extend(key);
                out.extend(value);
            }
        }
        let sum = hash(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    /// Puts back what [`Store::save`] gave. `false`, and nothing is put, when it was cut or changed.
    pub fn load(&mut self, saved: &[u8]) -> bool {
        let Some((body, sum)) = saved.split_last_chunk::<8>() else {
            return false;
        };
        let Some(mut rest) = body.strip_prefix(MAGIC) else {
            return false;
        };
        if u64::from_le_bytes(*sum) != hash(body) {
            return false;
        }
        while let Some((lengths, after)) = rest.split_first_chunk::<8>() {
            let [a, b, c, d, e, f, g, h] = *lengths;
            let key = u32::from_le_bytes([a, b, c, d]) as usize;
            let value = u32::from_le_bytes([e, f, g, h]) as usize;
            let Some((entry, after)) = after.split_at_checked(key.saturating_add(value)) else {
                break;
            };
            self.put(&entry[..key], &entry[key..]);
            rest = after;
        }
        true
    }

    fn count(&self) -> usize {
        (self.count as usize).min(SLOTS)
    }

    /// The slot of the entry with this age, 0 being the oldest.
    fn slot(&self, age: usize) -> &Slot {
        &self.slots[(self.first as usize + age) % SLOTS]
    }

    /// Key and value.
    fn entry(&self, slot: &Slot) -> Option<(&[u8], &[u8])> {
        let (start, key, value) = (slot.start as usize, slot.key as usize, slot.value as usize);
        let bytes = self
            .bytes
            .get(start..start.checked_add(key)?.checked_add(value)?)?;
        bytes.split_at_checked(key)
    }

    /// Where so many bytes fit without touching an entry. The free part begins at the head and ends before the oldest entry; an
    /// entry is not divided at the end of the memory.
    fn room(&self, size: usize) -> Option<usize> {
        if self.count() == 0 {
            return Some(0);
        }
        let (head, tail) = (self.head as usize, self.slot(0).start as usize);
        if head > tail {
            if CAPACITY.saturating_sub(head) >= size {
                return Some(head);
            }
            return (size < tail).then_some(0);
        }
        (tail.saturating_sub(head) > size).then_some(head)
    }

    fn forget_oldest(&mut self) {
        if self.count() > 0 {
            self.first = ((self.first as usize + 1) % SLOTS) as u32;
            self.count -= 1;
        }
        if self.count() == 0 {
            (self.first, self.head) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn empty() -> Box<Store> {
        const NOWHERE: Slot = Slot {
            hash: 0,
            start: 0,
            key: 0,
            value: 0,
            sum: 0,
        };
        // A store is larger than the stack of a test.
        let thread = std::thread::Builder::new().stack_size(64 * 1024 * 1024);
        let made = thread.spawn(|| {
            Box::new(Store {
                first: 0,
                count: 0,
                head: 0,
                generation: 0,
                slots: [NOWHERE; SLOTS],
                bytes: [0; CAPACITY],
            })
        });
        made.expect("a thread").join().expect("a store")
    }

    #[test]
    fn the_last_value_of_a_key_is_found_and_no_other_key() {
        let mut store = empty();
        assert_eq!(store.get(b"a"), None);
        assert!(store.put(b"a", b"1") && store.put(b"b", b"2") && store.put(b"a", b"3"));
        assert_eq!(store.get(b"a"), Some(b"3".to_vec()));
        assert_eq!(store.get(b"b"), Some(b"2".to_vec()));
        assert_eq!(store.get(b"ab"), None);
        assert_eq!(store.clear(), 3);
        assert_eq!(store.get(b"a"), None);
    }

    #[test]
    fn what_is_saved_is_loaded_and_what_is_damaged_is_not() {
        let mut store = empty();
        for number in 0..100_u32 {
            store.put(&number.to_le_bytes(), format!("value {number}").as_bytes());
        }
        let saved = store.save();
        let mut again = empty();
        assert!(again.load(&saved));
        assert_eq!(again.get(&7_u32.to_le_bytes()), Some(b"value 7".to_vec()));
        assert_eq!(again.save(), saved);
        for place in [0, 9, saved.len() / 2, saved.len() - 1] {
            let mut damaged = saved.clone();
            damaged[place] ^= 1;
            let mut third = empty();
            assert!(!third.load(&damaged));
            assert_eq!(third.count(), 0);
        }
        assert!(!again.load(&saved[..saved.len() - 3]) && !again.load(b""));
    }

    #[test]
    fn a_half_written_value_is_not_found() {
        let mut store = empty();
        store.put(b"key", b"SELECT 1");
        store.bytes[10] ^= 1;
        assert_eq!(store.get(b"key"), None);
    }

    #[test]
    fn a_value_that_is_too_large_is_not_kept() {
        let mut store = empty();
        store.put(b"a", b"1");
        assert!(!store.put(b"b", &vec![0; LARGEST + 1]));
        assert_eq!(store.get(b"a"), Some(b"1".to_vec()));
    }

    #[test]
    fn it_never_holds_more_slots_than_there_are() {
        let mut store = empty();
        for number in 0..(3 * SLOTS as u32) {
            assert!(store.put(&number.to_le_bytes(), b"x"));
        }
        assert_eq!(store.count(), SLOTS);
        let last = 3 * SLOTS as u32 - 1;
        assert!(store.get(&last.to_le_bytes()).is_some());
        assert!(store.get(&(last - SLOTS as u32).to_le_bytes()).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Against a queue of all entries: what is found is right, and the newest is always found.
        #[test]
        fn the_newest_are_there_and_right(sizes in prop::collection::vec(0_usize..LARGEST, 1..120)) {
            let mut store = empty();
            let mut model: VecDeque<(Vec<u8>, Vec<u8>)> = VecDeque::new();
            for (number, size) in sizes.into_iter().enumerate() {
                let key = (number as u32).to_le_bytes().to_vec();
                let value = vec![number as u8; size.saturating_sub(key.len())];
                prop_assert!(store.put(&key, &value));
                model.push_back((key, value));
                let count = store.count();
                prop_assert!(count >= 1 && count <= model.len());
                for (key, value) in model.iter().rev().take(count) {
                    let found = store.get(key);
                    prop_assert_eq!(found.as_ref(), Some(value));
                }
                for (key, _) in model.iter().rev().skip(count) {
                    prop_assert_eq!(store.get(key), None);
                }
                let held: usize = model.iter().rev().take(count).map(|(k, v)| k.len() + v.len()).sum();
                prop_assert!(held <= CAPACITY);
            }
        }
    }
}
