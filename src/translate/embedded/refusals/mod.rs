//! When not to answer: readings that would run and mean nothing, or that leave out a part of the question, and refusals that help.
//!
//! A wrong answer costs more than none. Each file looks for one kind of reading that PostgreSQL would accept and the analyst would not;
//! [`refuse`] says what was understood, what was not, and which names come near.

pub mod askedtoo;
pub mod contradictions;
pub mod hadfar;
pub mod happenings;
pub mod leftout;
pub mod misread;
pub mod modifiers;
pub mod narrowed;
pub mod passedover;
pub mod popularity;
pub mod refuse;
pub mod requested;
pub mod sense;
pub mod unread;
pub mod verbs;
pub mod whathappened;
