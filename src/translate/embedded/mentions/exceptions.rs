//! What all but one of something is: "sales in every region *but* North".
//!
//! Invariant: "but" leaves a value out only right after a noun that all of them are said of, and before a value; elsewhere it joins as "and"
//! does. Without this, "every region but North" is read as North alone.

use super::super::language::{ENGLISH, Op};
use super::annotate::Segment;

/// Makes such a "but" a denial of what follows.
pub(crate) fn take_but(segments: &mut [Segment]) {
    let word = |s: &Segment| s.text.to_lowercase();
    for i in 2..segments.len() {
        let all = |s: &Segment| {
            let words = word(s);
            let last = words.split(' ').next_back().unwrap_or_default();
            ENGLISH.all_words.iter().any(|w| w == last)
        };
        let value = |s: &Segment| !s.values.is_empty() || s.quoted.is_some();
        let article = |s: &Segment| ENGLISH.articles.contains(&word(s));
        let mut after = segments[i + 1..].iter().skip_while(|s| article(s));
        if ENGLISH.but_words.contains(&word(&segments[i]))
            && !segments[i - 1].names.is_empty()
            && all(&segments[i - 2])
            && after.next().is_some_and(value)
        {
            segments[i].ops = vec![Op::Not];
        }
    }
}
