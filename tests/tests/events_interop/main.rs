//! Events exchanged with a service that is not ours: Python's pika, in all three formats, both ways.
//!
//! It needs a broker (see `trunkline_tests::broker`) and pika, which `tests/run` puts beside the build. Without them these
//! tests are skipped, or fail with `AMQP_TEST_REQUIRED` set.

mod ours_to_theirs;
mod peer;
mod theirs_to_ours;
