//! The names of a catalog, indexed by the stems of their words.

use crate::catalog::model::Catalog;

/// The words by which a question may name the tables and columns of one catalog. Made once per catalog.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    fingerprint: u64,
}

impl Lexicon {
    /// Indexes the names of a catalog.
    pub fn new(catalog: &Catalog) -> Lexicon {
        Lexicon {
            fingerprint: catalog.fingerprint,
        }
    }

    /// The catalog that it was made from.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
