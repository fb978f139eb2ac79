//! The fees as a whole: the repository's own schedules, quoted, checked and shown.

mod chance;
mod faults;
mod laws;
mod shipped;
mod shown;
mod support;
