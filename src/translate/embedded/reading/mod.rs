//! The grammar: from what the spans of a question may mean to the frame of what it asks for.
//!
//! One walk from left to right ([`parse`]), whose clauses stand in a file each; then [`normalize`] makes of the frame what its words
//! say together. A frame ([`frame`]) still speaks of mentions, not of columns. What the walk cannot place ends in a refusal.

pub mod adjectives;
pub mod afterlist;
pub mod ages;
pub mod aggregated;
pub mod alike;
pub mod around;
pub mod asked;
pub mod averages;
pub mod beside;
pub mod bywords;
pub mod causes;
pub mod clauses;
pub mod comparisons;
pub mod dated;
pub mod daywords;
pub mod directions;
pub mod events;
pub mod finish;
pub mod formulas;
pub mod frame;
pub mod further;
pub mod keys;
pub mod listed;
pub mod measured;
pub mod monthdays;
pub mod negation;
pub mod normalize;
pub mod nouns;
pub mod orders;
pub mod own;
pub mod owners;
pub mod parse;
pub mod perperiod;
pub mod predicates;
pub mod promises;
pub mod quantities;
pub mod restated;
pub mod shapes;
pub mod stored;
pub mod things;
pub mod twotimes;
pub mod within;
