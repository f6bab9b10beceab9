//! How lists of words are declared and read: a field for each tag of `phrases.txt`.
//!
//! Invariant: a tag is written once, beside the field that it fills, so that no list is read into another.

/// The words of a list as they are written, or their stems.
macro_rules! read {
    (words, $list:expr) => {
        $list
    };
    (stems, $list:expr) => {
        $list
            .iter()
            .map(|word| $crate::question::tokens::stem(word))
            .collect()
    };
}

macro_rules! lists {
    ($($(#[$doc:meta])* $field:ident: $kind:ident $tag:literal,)*) => {
        /// Words by what they are; see the tags in `english/phrases.txt`.
        #[derive(Debug, Default)]
        pub struct Lists {
            $($(#[$doc])* pub $field: Vec<String>,)*
        }

        impl Lists {
            /// The tags of the lists.
            #[cfg(test)]
            pub const TAGS: &[&str] = &[$($tag),*];

            /// Takes the words of a tag over; other tags are left alone.
            pub(crate) fn read(&mut self, tag: &str, words: Vec<String>) {
                match tag {
                    $($tag => self.$field = read!($kind, words),)*
                    _ => {}
                }
            }
        }
    };
}

pub(super) use {lists, read};
