//! The fees as a whole: the repository's own schedules, quoted, checked and shown.

mod chance;
mod faults;
mod faults_between;
mod laws;
mod sample;
mod shipped;
mod shown;
mod support;
