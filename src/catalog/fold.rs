//! How near a phrase of a question is to a stored value. Pure.

use crate::question::tokens;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Below this similarity two spellings are two words: of eight letters one may be wrong.
const NEAR: f32 = 0.85;

/// Without letter case and accents, white space as single blanks.
pub fn fold(text: &str) -> String {
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
    plain
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The stems of the words of a folded text: plural, possessive and separators do not count.
pub fn stem(folded: &str) -> String {
    let words = folded.replace("'s", " ").replace("’s", " ");
    let words = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(tokens::stem).collect::<Vec<_>>().join(" ")
}

/// Spellings under which a look-up by equality in lower case may find a value that is meant by `phrase`.
pub fn spellings(phrase: &str) -> Vec<String> {
    let lower = phrase.to_lowercase();
    let mut all = vec![lower.clone(), fold(phrase)];
    let bare = lower
        .strip_suffix("'s")
        .or_else(|| lower.strip_suffix("’s"))
        .unwrap_or(&lower);
    all.push(bare.to_owned());
    if let Some(word) = bare.strip_suffix("ies") {
        all.push(format!("{word}y"));
    }
    for suffix in ["s", "es"] {
        if let Some(word) = bare.strip_suffix(suffix)
            && word.chars().count() > 2
        {
            all.push(word.to_owned());
        }
    }
    all.push(format!("{bare}s"));
    all.push(bare.replace(' ', "_"));
    all.push(bare.replace(' ', "-"));
    all.sort();
    all.dedup();
    all
}

/// The similarity of two folded texts when they are near, by edit distance with transpositions.
pub fn similarity(a: &str, b: &str) -> Option<f32> {
    let (edits, longer) = least_edits(a, b);
    if edits > most_edits(longer) {
        return None;
    }
    let similarity = strsim::normalized_damerau_levenshtein(a, b) as f32;
    (NEAR..1.0).contains(&similarity).then_some(similarity)
}

/// The most edits that two texts of which the longer has `length` characters can be apart and still be near.
pub fn most_edits(length: usize) -> usize {
    ((1.0 - NEAR) * length as f32 + 1e-4).floor() as usize
}

/// At least so many edits two texts are apart, by how often each kind of character stands in them, and the length of the longer one. It
/// takes one pass over each text, where the distance itself compares each character with each.
fn least_edits(a: &str, b: &str) -> (usize, usize) {
    const KINDS: usize = 64;
    let mut counts = [0_i32; KINDS];
    let mut lengths = [0; 2];
    for (which, (text, one)) in [(a, 1), (b, -1)].into_iter().enumerate() {
        for c in text.chars() {
            counts[u32::from(c) as usize % KINDS] += one;
            lengths[which] += 1;
        }
    }
    // An edit adds one character, takes one away, does both, or only moves some.
    let more: i32 = counts.iter().filter(|n| **n > 0).sum();
    let less: i32 = counts.iter().filter(|n| **n < 0).sum();
    let edits = more.max(-less).unsigned_abs() as usize;
    (edits, lengths[0].max(lengths[1]))
}

/// One bit per kind of character: an edit changes at most two, so most pairs are told apart without comparing them.
pub fn letters(folded: &str) -> u64 {
    folded
        .chars()
        .fold(0, |set, c| set | 1 << (u32::from(c) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_stemming_and_likeness() {
        assert_eq!(fold("  Zürich \t WEST "), "zurich west");
        assert_eq!(stem("laptops"), stem("laptop"));
        assert_eq!(stem("new york's"), stem("new-york"));
        assert_ne!(stem("north"), stem("south"));
        assert!(similarity("keybord", "keyboard").is_some_and(|s| s > 0.87));
        assert_eq!(similarity("north", "south"), None);
        assert_eq!(similarity("north", "north"), None);
    }

    #[test]
    fn spellings_hold_singular_and_plural() {
        let all = spellings("Companies");
        assert!(all.contains(&"company".to_owned()) && all.contains(&"companies".to_owned()));
        assert!(spellings("laptop").contains(&"laptops".to_owned()));
        assert!(spellings("in progress").contains(&"in_progress".to_owned()));
    }

    proptest::proptest! {
        /// The bound on the edits never hides a pair that is near.
        #[test]
        fn the_least_edits_never_hide_a_near_pair(a in "[a-dà-ý ]{6,24}", b in "[a-dà-ý ]{6,24}", cut in 0_usize..24, swap in proptest::prelude::any::<bool>()) {
            let mut slipped: Vec<char> = a.chars().collect();
            let at = cut % (slipped.len() - 1);
            match swap {
                true => slipped.swap(at, at + 1),
                false => drop(slipped.remove(at)),
            }
            let slipped: String = slipped.into_iter().collect();
            for other in [&b, &slipped] {
                let whole = strsim::normalized_damerau_levenshtein(&a, other) as f32;
                let near = (NEAR..1.0).contains(&whole).then_some(whole);
                proptest::prop_assert_eq!(similarity(&a, other), near);
            }
        }

        /// The filter by letters never hides a pair that is near.
        #[test]
        fn letters_never_hide_a_near_pair(a in "[a-zà-ý ]{8,16}", at in 0_usize..8, by in "[a-zà-ý]?") {
            let b: String = a.chars().enumerate().map(|(place, c)| match place == at {
                true => by.clone(),
                false => c.to_string(),
            }).collect();
            if similarity(&a, &b).is_some() {
                let length = a.chars().count().max(b.chars().count());
                let apart = (letters(&a) ^ letters(&b)).count_ones() as usize;
                proptest::prop_assert!(apart <= 2 * most_edits(length));
            }
        }
    }
}
