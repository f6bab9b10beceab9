//! Schema linking: the mentions of a frame are tied to tables and columns.
//!
//! Of all meanings the ones are chosen that belong together best and that the keys hold together ([`resolve`]). Two readings that fit
//! equally well are never decided by chance: the question is ambiguous, and the refusal names both.

pub mod bothkinds;
pub mod certainty;
pub mod converted;
pub mod fit;
pub mod implied;
pub mod parties;
pub mod preferences;
pub mod resolve;
pub mod samerows;
pub mod settle;
pub mod shown;
pub mod valuenames;
pub mod ways;
