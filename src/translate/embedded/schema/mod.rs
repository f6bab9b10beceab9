//! What a catalog offers to a question: its names taken apart, what each column is for, and the keys between its tables.
//!
//! All of it is made once for a catalog and kept with it ([`super::Prepared`]); a question only reads it. What a schema says in other
//! ways than by a column of its own (keys of documents, dates kept as texts, tables in several roles, states) is added here, so that
//! the stages after it see nothing but columns.

pub mod areas;
pub mod beginnings;
pub mod bridges;
pub mod columns;
pub mod courses;
pub mod derived;
pub mod described;
pub mod expired;
pub mod forms;
pub mod heads;
pub mod joins;
pub mod keyroles;
pub mod kindkeys;
pub mod labels;
pub mod lengths;
pub mod lexicon;
pub mod lookup;
pub mod measured;
pub mod members;
pub mod names;
pub mod nature;
pub mod numberflags;
pub mod overdue;
pub mod people;
pub mod personkeys;
pub mod pointed;
pub mod prefixes;
pub mod rolenames;
pub mod roles;
pub mod selfkeys;
pub mod shortforms;
pub mod states;
pub mod stored;
pub mod takenkeys;
pub mod textdates;
pub mod textnumbers;
pub mod toldcodes;
pub mod undeclared;
pub mod unstates;
pub mod vocabulary;
pub mod writtenshort;
pub mod years;
