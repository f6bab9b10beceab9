//! Spans of time: the words that name them, and the calendar behind those words.
//!
//! A span is kept as two moments ("the start of this month", "2024-06-01"), never as text, so that the same words become half-open
//! conditions on dates, timestamps and texts alike. Nothing here knows a catalog.

pub mod calendar;
pub mod dates;
pub mod impossible;
pub mod namedspans;
pub mod ranges;
pub mod recurring;
pub mod timewords;
pub mod weeks;
