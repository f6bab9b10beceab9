//! Questions in other words: what is said in another order, at the end or in a remark, put as the grammar reads it best.
//!
//! Only words that the data files list are moved or replaced, and what was done is told with the steps of the translation.

pub mod closing;
pub mod otherwise;
pub mod paraphrases;
pub mod remarks;
