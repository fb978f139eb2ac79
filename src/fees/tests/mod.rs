//! The fees as a whole: the repository's own schedules, quoted, checked and shown.

mod faults;
mod shipped;
mod shown;
mod support;
