//! What each role has used up of its quotas: a table of fixed size that lies in shared memory. Pure, so it is tested
//! without a server.
//!
//! Invariant: a place whose quotas are all whole again is worth as much as none, so it is given to the next who needs
//! one. A role that finds no place is refused: a full table never lets anyone pass uncounted.

use super::rate::Moment;

/// Roles of a database that can have used something of their quotas at the same time: places in all, and how many of
/// them each key may stand in. With a thousand roles at once, a key has some two others in its sixteen places.
pub const PLACES: usize = 8_192;
const WAYS: usize = 16;

/// Minute, hour, day, dollars.
pub const QUOTAS: usize = 4;
/// The place of the dollars.
pub const DOLLARS: usize = 3;

/// Whose quota: tiers are of a database, so quotas are too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Key {
    pub database: u32,
    pub role: u32,
}

/// When a quota is whole again. All zeros: nothing was used.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(C)]
pub struct Quota {
    pub whole_at: Moment,
    /// The limit that the moment was found under: so many in its period. 0 when it had none.
    pub under: f64,
}

/// All quotas of a role.
pub type Quotas = [Quota; QUOTAS];

/// What a role has used.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(C)]
pub struct Used {
    pub key: Key,
    pub quotas: Quotas,
}

impl Used {
    fn is_whole(&self, now: Moment) -> bool {
        self.key == Key::default() || self.quotas.iter().all(|quota| quota.whole_at <= now)
    }
}

/// The table. All zeros: empty.
#[repr(C)]
pub struct Counters {
    /// Since when everything is counted here: what was asked before must be looked up in the history. 0 when
    /// nothing is missing.
    pub since: Moment,
    pub places: [Used; PLACES],
}

/// The places in which a key may stand.
fn row(places: &mut [Used], key: Key) -> &mut [Used] {
    // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): consecutive OIDs fall apart.
    let mixed = (u64::from(key.database) << 32 | u64::from(key.role))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        >> 32;
    let rows = places.len() / WAYS;
    let first = mixed as usize % rows * WAYS;
    &mut places[first..first + WAYS]
}

/// What a key has used; `None` when it has no place.
pub fn find(places: &mut [Used], key: Key) -> Option<&mut Used> {
    row(places, key).iter_mut().find(|used| used.key == key)
}

/// As [`find`]; a key without a place gets one. `None` when there is none to be had.
pub fn claim(places: &mut [Used], key: Key, now: Moment) -> Option<&mut Used> {
    let row = row(places, key);
    let index = row
        .iter()
        .position(|used| used.key == key)
        .or_else(|| row.iter().position(|used| used.is_whole(now)))?;
    let used = &mut row[index];
    if used.key != key {
        *used = Used {
            key,
            ..Used::default()
        };
    }
    Some(used)
}

/// How many places are in use.
pub fn in_use(places: &[Used], now: Moment) -> usize {
    places.iter().filter(|used| !used.is_whole(now)).count()
}

const MAGIC: &[u8; 8] = b"insflim2";

/// The table as the bytes of a file.
pub fn to_bytes(places: &[Used]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for used in places.iter().filter(|used| used.key != Key::default()) {
        bytes.extend(used.key.database.to_le_bytes());
        bytes.extend(used.key.role.to_le_bytes());
        for quota in used.quotas {
            bytes.extend(quota.whole_at.to_le_bytes());
            bytes.extend(quota.under.to_le_bytes());
        }
    }
    bytes
}

/// Fills an empty table from such bytes; `false` when they are something else, and then the table is left empty.
pub fn from_bytes(places: &mut [Used], bytes: &[u8], now: Moment) -> bool {
    const LENGTH: usize = 8 + 16 * QUOTAS;
    let Some(records) = bytes.strip_prefix(MAGIC) else {
        return false;
    };
    if records.len() % LENGTH != 0 {
        return false;
    }
    for record in records.chunks_exact(LENGTH) {
        let number = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&record[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let key = Key {
            database: number(0) as u32,
            role: (number(0) >> 32) as u32,
        };
        if let Some(used) = claim(places, key, now) {
            used.quotas = std::array::from_fn(|quota| Quota {
                whole_at: number(8 + 16 * quota) as i64,
                under: f64::from_bits(number(16 + 16 * quota)),
            });
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(role: u32) -> Key {
        Key { database: 5, role }
    }

    #[test]
    fn a_full_row_has_no_place_until_a_quota_is_whole_again() {
        let mut places = [Used::default(); WAYS];
        for role in 1..=WAYS as u32 {
            let used = claim(&mut places, key(role), 10).expect("a place");
            used.quotas[0].whole_at = 10 + i64::from(role);
        }
        assert!(claim(&mut places, key(99), 10).is_none());
        assert!(claim(&mut places, key(3), 10).is_some());
        let used = claim(&mut places, key(99), 11).expect("that of role 1");
        assert_eq!(used.quotas, Quotas::default());
        assert!(find(&mut places, key(1)).is_none());
    }

    #[test]
    fn bytes_that_are_something_else_are_not_read() {
        let mut places = [Used::default(); WAYS];
        for bytes in [&b""[..], b"insflim1", b"insflim2x"] {
            assert!(!from_bytes(&mut places, bytes, 0));
        }
        assert_eq!(places, [Used::default(); WAYS]);
    }

    proptest! {
        #[test]
        fn the_file_holds_all(keys in prop::collection::btree_map((1_u32..9, any::<u32>()), any::<[i64; 4]>(), 0..200)) {
            let mut places = vec![Used::default(); PLACES];
            let of = |whole_at: &[i64; 4]| whole_at.map(|whole_at| Quota { whole_at, under: (whole_at % 1_000) as f64 / 8.0 });
            for ((database, role), whole_at) in &keys {
                let key = Key { database: *database, role: *role };
                claim(&mut places, key, i64::MIN).expect("a place").quotas = of(whole_at);
            }
            let mut again = vec![Used::default(); PLACES];
            prop_assert!(from_bytes(&mut again, &to_bytes(&places), i64::MIN));
            for ((database, role), whole_at) in &keys {
                let key = Key { database: *database, role: *role };
                prop_assert_eq!(find(&mut again, key).map(|used| used.quotas), Some(of(whole_at)));
            }
        }
    }
}
