//! Runnable programs, each named by what it shows.
